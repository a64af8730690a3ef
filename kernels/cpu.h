/* SPDX-License-Identifier: MIT */
/*
 * Which ISA levels this CPU and its operating system offer, less those QK_DISABLE_ISA switches off. Our own
 * cpuid + xgetbv: the packaged libraries do not know AVX-VNNI.
 */
#pragma once

#include "kernels/kernels.h"
#include "kernels/support.h"

struct qk_cpu {
    bool present[QK_ISA_COUNT]; /* usable here */
    char why[QK_ISA_COUNT][96]; /* why not, when not present */
};

/*
 * Fills *cpu. `disable` is the text of QK_DISABLE_ISA, NULL or empty for none: level names, comma-separated,
 * any case. Switching AVX2 off switches off all above BASE. QK_ERR_ARG on an unknown name or on BASE, naming
 * the valid ones; *cpu is then not written.
 */
int qk_cpu_detect(struct qk_cpu *cpu, const char *disable, struct qk_error *err);

/* Is it a level of the architecture this was built for? */
bool qk_isa_of_here(enum qk_isa isa);

/* NULL when the variant can run here, otherwise why not. The text lives as long as *cpu. */
const char *qk_variant_missing(const struct qk_variant *v, const struct qk_cpu *cpu);
