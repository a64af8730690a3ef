/* SPDX-License-Identifier: MIT */
/* Names in a shared library's file that has passed bench_elf_check. Nothing of it is mapped. */
#pragma once

#include "kernels/support.h"

enum { BENCH_ELF_RENAMED = 8 };

/*
 * The linker's build id (NT_GNU_BUILD_ID) in hexadecimal. Empty when there is none, or when it does not fit
 * to to[room].
 */
void bench_elf_build_id(const unsigned char *bytes, size_t size, char *to, size_t room);
/*
 * The first name with that tag, DT_NEEDED or DT_SONAME, that begins with `start`. It lies in bytes. Or
 * NULL.
 */
const char *bench_elf_name(const unsigned char *bytes, size_t size, int64_t tag, const char *start);
/*
 * Writes the first BENCH_ELF_RENAMED letters of `as` over those of the name with that tag that is `name`.
 * The name stays as long as it is. Other strings may end as it does: linkers store those once. False when
 * there is no such name, or when it is no longer than what is written.
 */
bool bench_elf_rename(unsigned char *bytes, size_t size, int64_t tag, const char *name, const char *as);
