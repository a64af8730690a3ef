/* SPDX-License-Identifier: MIT */
#include "harness/counters/step.h"

#include "harness/counters/config.h"
#include "harness/counters/step_private.h"

#include <stdio.h>
#include <string.h>

static const char *const names[BENCH_STEP_KINDS] = {
#define CLASS(kind, name, rule) [BENCH_STEP_##kind] = name,
#define TRAIT(kind, name, rule) [BENCH_STEP_##kind] = name,
#include "harness/counters/step_kinds.def"
#undef CLASS
#undef TRAIT
};

const char *bench_step_kind_name(int kind)
{
    return kind >= 0 && kind < BENCH_STEP_KINDS ? names[kind] : NULL;
}

static void clear(struct bench_steps *out)
{
    memset(out->kinds, 0, sizeof out->kinds);
    memset(out->levels, 0, sizeof out->levels);
    memset(out->beyond, 0, sizeof out->beyond);
}

#if QK_HAVE_ZYDIS

#include <Zydis/Zydis.h>
#include <fnmatch.h>

struct decoded {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool has_register(const struct decoded *d, ZydisRegisterClass class)
{
    for (int i = 0; i < d->instruction.operand_count; i++)
        if (d->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            ZydisRegisterGetClass(d->operands[i].reg.value) == class)
            return true;
    return false;
}

static bool has_immediate(const struct decoded *d)
{
    for (int i = 0; i < d->instruction.operand_count; i++)
        if (d->operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return true;
    return false;
}

/* Hints and nops name memory without touching it. */
static bool is_hint(const struct decoded *d)
{
    const ZydisInstructionCategory category = d->instruction.meta.category;
    return category == ZYDIS_CATEGORY_PREFETCH || category == ZYDIS_CATEGORY_PREFETCHWT1;
}

static bool touches_memory(const struct decoded *d, unsigned actions)
{
    const ZydisInstructionCategory category = d->instruction.meta.category;
    if (is_hint(d) || category == ZYDIS_CATEGORY_NOP || category == ZYDIS_CATEGORY_WIDENOP)
        return false;
    for (int i = 0; i < d->instruction.operand_count; i++) {
        const ZydisDecodedOperand *o = &d->operands[i];
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY && (o->actions & actions))
            return true;
    }
    return false;
}

static bool has_name(const struct decoded *d, const char *globs)
{
    const char *mnemonic = ZydisMnemonicGetString(d->instruction.mnemonic);
    char glob[32];
    int used;
    for (; mnemonic && sscanf(globs, "%31s%n", glob, &used) == 1; globs += used)
        if (fnmatch(glob, mnemonic, 0) == 0)
            return true;
    return false;
}

/* The vocabulary of step_kinds.def. */
enum {
    class_xmm = ZYDIS_REGCLASS_XMM,
    class_ymm = ZYDIS_REGCLASS_YMM,
    class_zmm = ZYDIS_REGCLASS_ZMM,
    class_tmm = ZYDIS_REGCLASS_TMM
};
#define REG(class)          has_register(d, (ZydisRegisterClass)class_##class)
#define NAME(globs)         has_name(d, globs)
#define CATEGORY(category_) (d->instruction.meta.category == ZYDIS_CATEGORY_##category_)
#define HINT                is_hint(d)
#define READS               touches_memory(d, ZYDIS_OPERAND_ACTION_MASK_READ)
#define WRITES              touches_memory(d, ZYDIS_OPERAND_ACTION_MASK_WRITE)
#define IMMEDIATE           has_immediate(d)

static int class_of(const struct decoded *d)
{
#define CLASS(kind, name, rule)                                                                              \
    if (rule)                                                                                                \
        return BENCH_STEP_##kind;
#define TRAIT(kind, name, rule)
#include "harness/counters/step_kinds.def"
#undef CLASS
#undef TRAIT
}

/* Of AVX here counts what names a 256-bit register: see `levels` in step.h. */
static bool is_sse_as_vex(const struct decoded *d)
{
    return d->instruction.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX &&
           d->instruction.meta.isa_ext == ZYDIS_ISA_EXT_AVX && !REG(ymm);
}

static void add_kinds(const struct decoded *d, uint64_t times, uint64_t *kinds)
{
    kinds[class_of(d)] += times;
#define CLASS(kind, name, rule)
#define TRAIT(kind, name, rule)                                                                              \
    if (rule)                                                                                                \
        kinds[BENCH_STEP_##kind] += times;
#include "harness/counters/step_kinds.def"
#undef CLASS
#undef TRAIT
}

/*
 * Adds to what one level has not; `first` is the number of what is described there. No instruction: an
 * unknown one.
 */
static void add_beyond(const struct bench_step_site *site, const struct decoded *d, uintptr_t entry,
                       uint64_t *first, struct bench_step_beyond *beyond)
{
    const bool earlier = !beyond->times || site->first < *first;
    beyond->times += site->times;
    if (!earlier)
        return;
    *first = site->first;
    beyond->offset = (ptrdiff_t)(site->at - entry);
    snprintf(beyond->name, sizeof beyond->name, "%s",
             d ? ZydisMnemonicGetString(d->instruction.mnemonic) : "an instruction");
    snprintf(beyond->feature, sizeof beyond->feature, "%s",
             d ? ZydisISASetGetString(d->instruction.meta.isa_set) : "unknown to libzydis");
}

static void add_levels(const struct bench_step_site *site, const struct decoded *d, uintptr_t entry,
                       uint64_t *first, struct bench_steps *out)
{
    const char *set = d ? ZydisISASetGetString(d->instruction.meta.isa_set) : NULL;
    const char *features = set ? bench_step_features_of(set) : NULL;
    int lowest = QK_ISA_COUNT;
    for (int level = QK_ISA_COUNT - 1; level >= 0; level--)
        if (bench_step_level_has((enum qk_isa)level, features))
            lowest = level;
        else
            add_beyond(site, d, entry, &first[level], &out->beyond[level]);
    if (d && is_sse_as_vex(d))
        lowest = QK_ISA_BASE;
    if (lowest < QK_ISA_COUNT)
        out->levels[lowest] += site->times;
}

/*
 * Older CPUs run tzcnt as bsf and endbr64 as nop, and compilers write both for them: the modes make libzydis
 * do as those CPUs do.
 */
static bool make_decoder(ZydisDecoder *decoder)
{
    return ZYAN_SUCCESS(ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderEnableMode(decoder, ZYDIS_DECODER_MODE_TZCNT, ZYAN_FALSE)) &&
           ZYAN_SUCCESS(ZydisDecoderEnableMode(decoder, ZYDIS_DECODER_MODE_CET, ZYAN_FALSE));
}

/* The instruction was executed, so its bytes are there; libzydis reads none after it. */
static bool decode(const ZydisDecoder *decoder, uintptr_t at, struct decoded *d)
{
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, (const void *)at, ZYDIS_MAX_INSTRUCTION_LENGTH,
                                               &d->instruction, d->operands));
}

void bench_steps_classify(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                          struct bench_steps *out)
{
    ZydisDecoder decoder;
    uint64_t first[QK_ISA_COUNT] = {0};
    clear(out);
    out->has_kinds = make_decoder(&decoder);
    if (!out->has_kinds) {
        snprintf(out->why_no_kinds, sizeof out->why_no_kinds, "libzydis cannot be initialised");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct decoded d;
        if (!sites[i].times)
            continue;
        const bool known = decode(&decoder, sites[i].at, &d);
        if (known)
            add_kinds(&d, sites[i].times, out->kinds);
        else if (out->has_kinds)
            snprintf(out->why_no_kinds, sizeof out->why_no_kinds,
                     "libzydis cannot decode the instruction at %p, which was executed",
                     (const void *)sites[i].at);
        out->has_kinds = out->has_kinds && known;
        if (bench_step_own(entry, sites[i].at))
            add_levels(&sites[i], known ? &d : NULL, entry, first, out);
    }
    if (!out->has_kinds)
        memset(out->kinds, 0, sizeof out->kinds);
}

#else

void bench_steps_classify(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                          struct bench_steps *out)
{
    (void)sites;
    (void)count;
    (void)entry;
    clear(out);
    out->has_kinds = false;
    snprintf(out->why_no_kinds, sizeof out->why_no_kinds, "built without libzydis, version 4 or later");
}

#endif
