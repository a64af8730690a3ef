/* SPDX-License-Identifier: MIT */
/*
 * Is this file a shared library as a linker leaves it? The loader believes what it reads. A cut file ends
 * the process with SIGBUS. A flipped bit may map code elsewhere or write to a wrong place. So before
 * anything maps a module, its bytes are checked against each other: ELF header, program headers, sections,
 * dynamic section, relocations, symbols.
 */
#pragma once

#include "kernels/support.h"

/*
 * Looks at the whole file in bytes[size]. It maps and runs nothing, and needs no alignment. QK_ERR_FORMAT
 * says what was found, what was expected and at which byte; path is only for that text. QK_ERR_MEMORY.
 *
 * It is strict where GNU ld, gold, lld and mold agree, even where the loader would not mind, so that damage
 * is seen. It refuses some files that linkers make when asked to. These have
 *   - no section headers, or more than 512
 *   - text relocations, -init, or pointers in packed structs
 *   - an executable stack or a stack size
 *   - -z nocombreloc (GNU ld)
 *   - flags that no plain library needs (DF_1_INITFIRST, DF_1_INTERPOSE, DF_1_GLOBAL, ...)
 *
 * It does not see damage that looks right, such as another symbol in a relocation. Where the linker does not
 * store addends twice (lld), an addend that still points into a section looks right too. Only running the
 * code shows that.
 */
int bench_elf_check(const unsigned char *bytes, size_t size, const char *path, struct qk_error *err);
