/* SPDX-License-Identifier: MIT */
/* qk_prefer: what it refuses, and which rows entry points take after it. */
#include "kernels/library/qkernels.h"
#include "kernels/library/spans.h"
#include "kernels/library/tests/refused.h"
#include "kernels/table/table.h"
#include "kernels/tests/parts.h"

#include <stdlib.h>

static char small[64], large[4096];

/* What an entry point of i2s16_gemv takes for that many bytes. */
static const char *taken(size_t bytes)
{
    const struct qk_span spans[] = {{"small", small, sizeof small, 1}, {"large", large, bytes, 1}};
    const struct qk_variant *v;
    return qk_best(QK_OP_i2s16_gemv, spans, 2, &v, &err) ? err.text : v->name;
}

static const char *usual;

static bool untouched(void)
{
    return !strcmp(taken(100), "scalar") && !strcmp(taken(1000), usual);
}

TEST_PART(prefer)
{
    static const struct {
        const char *text, *found, *wanted;
    } bad[] = {
        {"i2s16_gemv/scalar@cache", "found 'i2s16_gemv", "bytes of a cache"},
        {"0 i2s16_gemv/scalar@cache", "found '0", "from 1 on"},
        {"-5", "found '-5'", "from 1 on"},
        {"12x", "found '12x'", "bytes of a cache"},
        {"512 i2s16_gemv/scalar", "found 'i2s16_gemv/scalar'", "@dram"},
        {"512 i2s16_gemv/scalar@disk", "scalar@disk", "@cache"},
        {"512 i2s16_gemv/no_such@dram", "no_such", "a row there is"},
        {"512 i2s16_gemv/scalar@dram,", "@dram,'", "a row there is"},
        {"512 qk256_gemv/scalar@dram", "may not be chosen", "differ in bits"},
#ifdef __x86_64__
        {"512 i2s16_gemv/ceiling_load64@dram", "may not be chosen", "ceiling"},
#endif
    };
    usual = taken(100);
    tap(!qk_prefer("512 i2s16_gemv/scalar@cache", &err) && untouched(), "a choice for small calls", &err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i].text, qk_prefer(bad[i].text, &err), bad[i].found, bad[i].wanted);
    tap(!qk_prefer(" 512\ni2s16_gemv/scalar@dram ", &err) && !strcmp(taken(100), usual) &&
            !strcmp(taken(1000), "scalar"),
        "and for large ones", &err);
#ifdef __x86_64__
    qk_prefer("512 i2s16_gemv/avx2_lines@dram", &err);
    setenv("QK_DISABLE_ISA", "avx2", 1);
    tap(!strcmp(taken(1000), "scalar"), "a row of a level that is switched off is passed over", &err);
    unsetenv("QK_DISABLE_ISA");
#endif
    tap(!qk_prefer(NULL, &err) && !strcmp(taken(100), usual) && !strcmp(taken(1000), usual),
        "none: the last rows again", &err);
    return tap_end();
}
