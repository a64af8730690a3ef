/* SPDX-License-Identifier: MIT */
/*
 * Is this file a shared library as a linker leaves it? The loader believes what it reads: a cut file ends the
 * process with SIGBUS, a flipped bit may map code elsewhere or write to a wrong place. So a module's bytes
 * are held against each other before anything maps them: ELF header, program headers, sections, dynamic
 * section, relocations, symbols.
 */
#pragma once

#include "kernels/support.h"

/*
 * Looks at the whole file in bytes[size]; maps and runs nothing, and needs no alignment. QK_ERR_FORMAT says
 * what was found, what was expected and at which byte; path is only for that text. QK_ERR_MEMORY.
 *
 * It is strict where GNU ld, gold, lld and mold agree, even where the loader would not mind, so that damage
 * is seen. It refuses some files that linkers make when asked to: without section headers (or with more than
 * 512), with text relocations, an executable stack, a stack size, pointers in packed structs, -z nocombreloc
 * (GNU ld), -init, and flags that no plain library needs (DF_1_INITFIRST, DF_1_INTERPOSE, DF_1_GLOBAL, ...).
 *
 * It does not see what may well be so: another symbol in a relocation, or, where the linker does not store
 * addends twice (lld), an addend that still points into a section. Only running the code shows that.
 */
int bench_elf_check(const unsigned char *bytes, size_t size, const char *path, struct qk_error *err);
