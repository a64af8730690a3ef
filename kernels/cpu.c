/* SPDX-License-Identifier: MIT */
#include "kernels/cpu.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#if defined __x86_64__
#include <cpuid.h>

enum word { L1_ECX, L7_EBX, L7_ECX, L71_EAX, WORDS };

/* Bits: Intel SDM vol. 2A, CPUID; the names are those of /proc/cpuinfo. */
static const struct feature {
    const char *name;
    enum word word;
    int bit;
} features[] = {
    {"fma", L1_ECX, 12},         {"f16c", L1_ECX, 29},     {"avx2", L7_EBX, 5},
    {"bmi2", L7_EBX, 8},         {"avx512f", L7_EBX, 16},  {"avx512dq", L7_EBX, 17},
    {"avx512bw", L7_EBX, 30},    {"avx512vl", L7_EBX, 31}, {"avx512vbmi", L7_ECX, 1},
    {"avx512_vnni", L7_ECX, 11}, {"avx_vnni", L71_EAX, 4},
};

struct raw {
    unsigned word[WORDS];
    unsigned xcr0;
};

static void read_raw(struct raw *raw)
{
    unsigned a, b, c, d;
    memset(raw, 0, sizeof *raw);
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
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
        raw->word[L71_EAX] = a;
}

/* The first feature of the blank-separated list that is missing, copied to missing[size]; false when none is.
 */
static bool lacks(const struct raw *raw, const char *list, char *missing, size_t size)
{
    while (*list) {
        const size_t n = strcspn(list, " ");
        bool found = false;
        for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
            const struct feature *f = &features[i];
            if (strlen(f->name) == n && !memcmp(f->name, list, n))
                found = raw->word[f->word] >> f->bit & 1;
        }
        if (!found) {
            snprintf(missing, size, "%.*s", (int)n, list);
            return true;
        }
        list += n + (list[n] == ' ');
    }
    return false;
}

static void detect(struct qk_cpu *cpu)
{
    enum { XCR0_AVX = 0x6, XCR0_AVX512 = 0xe6 }; /* SSE+YMM state; with opmask, upper ZMM, ZMM16-31 */
    struct raw raw;
    char missing[32];
    read_raw(&raw);
    for (int i = QK_ISA_BASE + 1; i < QK_ISA_COUNT; i++) {
        const unsigned state = i == QK_ISA_AVX512 ? XCR0_AVX512 : XCR0_AVX;
        if ((raw.xcr0 & state) != state)
            snprintf(cpu->why[i], sizeof cpu->why[i], "the operating system does not save its registers");
        else if (lacks(&raw, qk_isas[i].features, missing, sizeof missing))
            snprintf(cpu->why[i], sizeof cpu->why[i], "this CPU lacks %s", missing);
        else
            cpu->present[i] = true;
    }
}
#else
static void detect(struct qk_cpu *cpu)
{
    for (int i = QK_ISA_BASE + 1; i < QK_ISA_COUNT; i++)
        snprintf(cpu->why[i], sizeof cpu->why[i], "not built for this architecture");
}
#endif

static void switch_off(struct qk_cpu *cpu, int isa, const char *why)
{
    if (!cpu->present[isa])
        return;
    cpu->present[isa] = false;
    snprintf(cpu->why[isa], sizeof cpu->why[isa], "%s", why);
}

static int apply_disable(struct qk_cpu *cpu, const char *list, struct qk_error *err)
{
    while (*list) {
        const size_t n = strcspn(list, ",");
        int isa = QK_ISA_BASE + 1;
        while (isa < QK_ISA_COUNT &&
               (strlen(qk_isas[isa].name) != n || strncasecmp(qk_isas[isa].name, list, n)))
            isa++;
        if (isa == QK_ISA_COUNT) {
            char known[96] = "";
            for (int i = QK_ISA_BASE + 1; i < QK_ISA_COUNT; i++)
                snprintf(known + strlen(known), sizeof known - strlen(known), " %s", qk_isas[i].name);
            return qk_fail(err, QK_ERR_ARG, "QK_DISABLE_ISA",
                           "unknown ISA level '%.*s'; levels that can be switched off:%s",
                           (int)(n < 60 ? n : 60), list, known);
        }
        switch_off(cpu, isa, "switched off by QK_DISABLE_ISA");
        list += n;
        if (*list == ',' && !*++list)
            return qk_fail(err, QK_ERR_ARG, "QK_DISABLE_ISA",
                           "the list ends in a comma; a level name must follow");
    }
    return 0;
}

int qk_cpu_detect(struct qk_cpu *cpu, const char *disable, struct qk_error *err)
{
    struct qk_cpu found;
    memset(&found, 0, sizeof found);
    found.present[QK_ISA_BASE] = true;
    detect(&found);
    const int code = apply_disable(&found, disable ? disable : "", err);
    if (code)
        return code;
    if (!found.present[QK_ISA_AVX2]) {
        switch_off(&found, QK_ISA_AVXVNNI, "needs AVX2, which is off");
        switch_off(&found, QK_ISA_AVX512, "needs AVX2, which is off");
    }
    *cpu = found;
    return 0;
}

const char *qk_variant_missing(const struct qk_variant *v, const struct qk_cpu *cpu)
{
    if (!v->fn)
        return "not built for this architecture";
    return cpu->present[v->isa] ? NULL : cpu->why[v->isa];
}

const struct qk_variant *qk_variant_best(enum qk_op op, const struct qk_cpu *cpu)
{
    const struct qk_variant *best = qk_reference(op);
    for (size_t i = 0; i < qk_variant_count; i++)
        if (qk_variants[i].op == op && qk_variants[i].kind != QK_CEILING &&
            !qk_variant_missing(&qk_variants[i], cpu))
            best = &qk_variants[i];
    return best;
}
