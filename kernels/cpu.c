/* SPDX-License-Identifier: MIT */
#include "kernels/cpu.h"

#include "kernels/kernels_config.h" /* QK_ARCHITECTURE */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct qk_isa_row isas[QK_ISA_COUNT] = {
#define ISA(level_, arch_, needs_, flags_, features_)                                                        \
    [QK_ISA_##level_] = {#level_, #arch_, flags_, features_, QK_ISA_##needs_},
#include "kernels/isa.def"
#undef ISA
};

const char *const qk_isa_names[] = {
#define ISA(level_, arch_, needs_, flags_, features_) #level_,
#include "kernels/isa.def"
#undef ISA
    NULL};

const struct qk_isa_row *qk_isa_row(enum qk_isa isa)
{
    return &isas[isa];
}

/* What the machine says of itself, in words whose bits are features. */
enum word { L1_ECX, L7_EBX, L7_ECX, L7_EDX, L71_EAX, HWCAP, WORDS };
/* Bits of XCR0: SSE and YMM state; with opmask, upper ZMM, ZMM16-31; shapes of tiles and their data. */
enum { YMM = 0x6, ZMM = 0xe6, TILES = 0x60000 };

struct raw {
    unsigned long word[WORDS];
    unsigned xcr0;
};

/*
 * Names are those of /proc/cpuinfo; no name stands for two features. x86: bits of CPUID (Intel SDM vol. 2A),
 * and the registers that the operating system must save. aarch64: bits of AT_HWCAP (Linux, arch/arm64
 * hwcap.h).
 */
static const struct feature {
    const char *name;
    enum word word;
    int bit;
    unsigned state;
} features[] = {
    {"fma", L1_ECX, 12, YMM},         {"f16c", L1_ECX, 29, YMM},       {"avx2", L7_EBX, 5, YMM},
    {"bmi2", L7_EBX, 8, 0},           {"avx512f", L7_EBX, 16, ZMM},    {"avx512dq", L7_EBX, 17, ZMM},
    {"avx512bw", L7_EBX, 30, ZMM},    {"avx512vl", L7_EBX, 31, ZMM},   {"avx512vbmi", L7_ECX, 1, ZMM},
    {"avx512_vnni", L7_ECX, 11, ZMM}, {"avx_vnni", L71_EAX, 4, YMM},   {"gfni", L7_ECX, 8, 0},
    {"amx_tile", L7_EDX, 24, TILES},  {"amx_int8", L7_EDX, 25, TILES}, {"asimddp", HWCAP, 20, 0},
};

#if defined __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Linux has a process ask for the tiles, which make the frames of its signals larger: Documentation/arch/x86/
 * xstate.rst. True when it may use them.
 */
static bool may_have_tiles(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XTILEDATA = 18 };
    return !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA);
}

static void read_raw(struct raw *raw)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return;
    raw->word[L1_ECX] = c;
    if (c & (1u << 27)) { /* OSXSAVE: xgetbv may be executed */
        unsigned high;
        __asm__("xgetbv" : "=a"(raw->xcr0), "=d"(high) : "c"(0));
    }
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return;
    raw->word[L7_EBX] = b;
    raw->word[L7_ECX] = c;
    raw->word[L7_EDX] = d;
    if (d & (1u << 24) && !may_have_tiles())
        raw->xcr0 &= ~(unsigned)TILES;
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
        raw->word[L71_EAX] = a;
}
#elif defined __aarch64__
#include <sys/auxv.h>

static void read_raw(struct raw *raw)
{
    raw->word[HWCAP] = getauxval(AT_HWCAP);
}
#else
static void read_raw(struct raw *raw)
{
    (void)raw;
}
#endif

/* Once: under a hypervisor the instructions of read_raw take 11 us, more than many a kernel. */
static struct raw here;

static void read_here(void)
{
    read_raw(&here);
}

/* False, with the reason in why[size], when a feature of the blank-separated list is missing. */
static bool has_all(const struct raw *raw, const char *list, char *why, size_t size)
{
    for (size_t n; *list; list += n + (list[n] == ' ')) {
        const struct feature *f = NULL;
        n = strcspn(list, " ");
        for (size_t i = 0; i < sizeof features / sizeof *features; i++)
            if (strlen(features[i].name) == n && !memcmp(features[i].name, list, n))
                f = &features[i];
        if (!f || !(raw->word[f->word] >> f->bit & 1)) {
            snprintf(why, size, "this CPU lacks %.*s", (int)n, list);
            return false;
        }
        if ((raw->xcr0 & f->state) != f->state) {
            snprintf(why, size, "the operating system does not save its registers");
            return false;
        }
    }
    return true;
}

bool qk_isa_of_here(enum qk_isa isa)
{
    const char *of = qk_isa_row((enum qk_isa)isa)->architecture;
    return !strcmp(of, "any") || !strcmp(of, QK_ARCHITECTURE);
}

static const struct raw *of_here(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_here);
    return &here;
}

bool qk_cpu_has_tiles(void)
{
    const struct raw *raw = of_here();
    return raw->word[L7_EDX] >> 24 & 1 && (raw->xcr0 & TILES) == TILES;
}

static void detect(struct qk_cpu *cpu)
{
    for (int i = 0; i < QK_ISA_COUNT; i++)
        if (qk_isa_of_here((enum qk_isa)i))
            cpu->present[i] =
                has_all(of_here(), qk_isa_row((enum qk_isa)i)->features, cpu->why[i], sizeof cpu->why[i]);
        else
            snprintf(cpu->why[i], sizeof cpu->why[i], "not a level of this architecture, %s",
                     QK_ARCHITECTURE);
}

static int apply_disable(struct qk_cpu *cpu, const char *list, struct qk_error *err)
{
    while (*list) {
        const size_t n = strcspn(list, ",");
        int isa = QK_ISA_BASE + 1;
        while (isa < QK_ISA_COUNT && (strlen(qk_isa_row((enum qk_isa)isa)->name) != n ||
                                      strncasecmp(qk_isa_row((enum qk_isa)isa)->name, list, n)))
            isa++;
        if (isa == QK_ISA_COUNT) {
            char known[96] = "";
            for (int i = QK_ISA_BASE + 1; i < QK_ISA_COUNT; i++)
                if (qk_isa_of_here((enum qk_isa)i))
                    snprintf(known + strlen(known), sizeof known - strlen(known), " %s",
                             qk_isa_row((enum qk_isa)i)->name);
            return qk_fail(err, QK_ERR_ARG, "QK_DISABLE_ISA",
                           "unknown ISA level '%.*s'; levels that can be switched off:%s",
                           (int)(n < 60 ? n : 60), list, known);
        }
        if (cpu->present[isa])
            snprintf(cpu->why[isa], sizeof cpu->why[isa], "switched off by QK_DISABLE_ISA");
        cpu->present[isa] = false;
        list += n;
        if (*list == ',' && !*++list)
            return qk_fail(err, QK_ERR_ARG, "QK_DISABLE_ISA",
                           "the list ends in a comma; a level name must follow");
    }
    return 0;
}

int qk_cpu_detect(struct qk_cpu *cpu, const char *disable, struct qk_error *err)
{
    struct qk_cpu found = {.present = {false}};
    detect(&found);
    const int code = apply_disable(&found, disable ? disable : "", err);
    if (code)
        return code;
    for (int i = 0; i < QK_ISA_COUNT; i++) {
        const enum qk_isa needs = qk_isa_row((enum qk_isa)i)->needs;
        if (!found.present[needs] && found.present[i]) {
            found.present[i] = false;
            snprintf(found.why[i], sizeof found.why[i], "needs %s, which is off",
                     qk_isa_row((enum qk_isa)needs)->name);
        }
    }
    *cpu = found;
    return 0;
}

const char *qk_variant_missing(const struct qk_variant *v, const struct qk_cpu *cpu)
{
    if (v->unknown)
        return v->unknown;
    if (!v->fn)
        return "not built for this architecture";
    return cpu->present[v->isa] ? NULL : cpu->why[v->isa];
}
