/* SPDX-License-Identifier: MIT */
/*
 * Which ISA levels this CPU and its operating system offer, without those that QK_DISABLE_ISA switches off.
 * This is our own cpuid and xgetbv, because the packaged libraries do not know AVX-VNNI.
 */
#pragma once

#include "kernels/kernels.h"
#include "kernels/support.h"

struct qk_cpu {
    bool present[QK_ISA_COUNT]; /* usable here */
    char why[QK_ISA_COUNT][96]; /* why not, when not present */
};

/*
 * Fills *cpu. `disable` is the text of QK_DISABLE_ISA: level names in any case, separated by commas. NULL or
 * empty disables nothing. Switching AVX2 off switches off all levels above BASE. QK_ERR_ARG for an unknown
 * name or for BASE; the text then names the valid ones, and *cpu is not written.
 *
 * The first call asks Linux for the tile registers of AMX, for the whole process. From then on its signal
 * frames are 8 KiB larger, and sigaltstack refuses a stack that is too small for them.
 */
int qk_cpu_detect(struct qk_cpu *cpu, const char *disable, struct qk_error *err);

/* Are there tile registers, and may this process use them? */
bool qk_cpu_has_tiles(void);

/* Does the level belong to the architecture that this program was built for? */
bool qk_isa_of_here(enum qk_isa isa);

/* NULL when the variant can run here, otherwise why not. The text lives as long as *cpu. */
const char *qk_variant_missing(const struct qk_variant *v, const struct qk_cpu *cpu);
