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
enum { class_xmm = ZYDIS_REGCLASS_XMM, class_ymm = ZYDIS_REGCLASS_YMM, class_zmm = ZYDIS_REGCLASS_ZMM };
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

static enum qk_isa level_of(const struct decoded *d)
{
    const ZydisInstructionEncoding encoding = d->instruction.encoding;
    const ZydisISAExt extension = d->instruction.meta.isa_ext;
    /* Instructions on mask registers are VEX-encoded. */
    if (encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX || extension == ZYDIS_ISA_EXT_AVX512VEX)
        return QK_ISA_AVX512;
    if (encoding != ZYDIS_INSTRUCTION_ENCODING_VEX)
        return QK_ISA_BASE;
    if (extension == ZYDIS_ISA_EXT_AVX_VNNI)
        return QK_ISA_AVXVNNI;
    return extension == ZYDIS_ISA_EXT_AVX && !REG(ymm) ? QK_ISA_BASE : QK_ISA_AVX2;
}

static void add_kinds(const struct decoded *d, uint64_t times, struct bench_steps *out)
{
    uint64_t *kinds = out->kinds;
    kinds[class_of(d)] += times;
    out->levels[level_of(d)] += times;
#define CLASS(kind, name, rule)
#define TRAIT(kind, name, rule)                                                                              \
    if (rule)                                                                                                \
        kinds[BENCH_STEP_##kind] += times;
#include "harness/counters/step_kinds.def"
#undef CLASS
#undef TRAIT
}

/* The instruction was executed, so its bytes are there; libzydis reads none after it. */
static bool decode(const ZydisDecoder *decoder, uintptr_t at, struct decoded *d)
{
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, (const void *)at, ZYDIS_MAX_INSTRUCTION_LENGTH,
                                               &d->instruction, d->operands));
}

void bench_steps_classify(const struct bench_step_site *sites, size_t count, struct bench_steps *out)
{
    ZydisDecoder decoder;
    memset(out->kinds, 0, sizeof out->kinds);
    memset(out->levels, 0, sizeof out->levels);
    out->has_kinds =
        ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64));
    if (!out->has_kinds)
        snprintf(out->why_no_kinds, sizeof out->why_no_kinds, "libzydis cannot be initialised");
    for (size_t i = 0; i < count && out->has_kinds; i++) {
        struct decoded d;
        if (!sites[i].times)
            continue;
        out->has_kinds = decode(&decoder, sites[i].at, &d);
        if (out->has_kinds)
            add_kinds(&d, sites[i].times, out);
        else
            snprintf(out->why_no_kinds, sizeof out->why_no_kinds,
                     "libzydis cannot decode the instruction at %p, which was executed",
                     (const void *)sites[i].at);
    }
    if (out->has_kinds)
        return;
    memset(out->kinds, 0, sizeof out->kinds);
    memset(out->levels, 0, sizeof out->levels);
}

#else

void bench_steps_classify(const struct bench_step_site *sites, size_t count, struct bench_steps *out)
{
    (void)sites;
    (void)count;
    memset(out->kinds, 0, sizeof out->kinds);
    memset(out->levels, 0, sizeof out->levels);
    out->has_kinds = false;
    snprintf(out->why_no_kinds, sizeof out->why_no_kinds, "built without libzydis, version 4 or later");
}

#endif
