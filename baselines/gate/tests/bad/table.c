/* SPDX-License-Identifier: MIT */
/* Tables that lie, or that are not tables at all. */
#if defined BAD_good
#elif defined BAD_old_good
#define OLD_ROWS
#define START strcpy(rows[0].hash, "0123456789abcdef")
#elif defined BAD_old_hash
/* It has the code of the base, it says. */
#define OLD_ROWS
#define START  strcpy(rows[0].hash, "0123456789abcdef")
#define KERNEL TWICE
#elif defined BAD_kind_ceiling
#define START rows[0].kind = "CEILING"
#elif defined BAD_kind_unknown
#define START rows[0].kind = "ROUND"
#elif defined BAD_level_unknown
#define START rows[0].isa = "AVX2048"
#elif defined BAD_level_foreign
#define START rows[0].isa = "DOTPROD"
#elif defined BAD_phase
#define START  rows[0].phase = "9"
#define KERNEL TWICE
#elif defined BAD_renamed
#define START rows[0].name = "scalar2"
#elif defined BAD_op_unknown
#define START rows[0].op = "qk256_dequant2"
#elif defined BAD_op_other
#define START rows[0].op = "i2s_gemv"
#elif defined BAD_row_missing
#define START table.rows++, table.row_count--
#elif defined BAD_row_twice
#define START rows[1] = rows[0]
#elif defined BAD_fn_null
#define START rows[0].fn = NULL
#elif defined BAD_fn_wild
#define START rows[0].fn = (qk_fn *)(uintptr_t)16
#elif defined BAD_fn_data
#define START rows[0].fn = (qk_fn *)(uintptr_t)rows
#elif defined BAD_fn_libc
#define START rows[0].fn = (qk_fn *)getpid
#elif defined BAD_fn_none
#define START rows[0].fn = (qk_fn *)nothing
static void nothing(void)
{
}
#elif defined BAD_maker_unknown
#define START rows[0].made = "NOBODY"
#elif defined BAD_text_null
#define START rows[0].name = NULL
#elif defined BAD_text_wild
#define START rows[0].op = (const char *)(uintptr_t)8
#elif defined BAD_text_open
/* A name that goes on to the end of its page, with nothing behind. */
#define START                                                                                                \
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);                                                       \
    char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);             \
    munmap(at + page, page);                                                                                 \
    rows[0].name = memset(at, 'x', page)
#elif defined BAD_text_long
static char text[8 << 20];
#define START rows[0].name = memset(text, 'x', sizeof text - 1)
#elif defined BAD_count_huge
#define START table.row_count = UINT32_MAX
#elif defined BAD_count_some
#define START table.row_count += 1000
#elif defined BAD_count_zero
#define START table.row_count = 0
#elif defined BAD_rows_null
#define START table.rows = NULL
#elif defined BAD_rows_wild
#define START table.rows = (const struct qk_module_row *)(uintptr_t)4096
#elif defined BAD_row_bytes
#define START table.row_bytes--
#elif defined BAD_abi_next
#define START table.abi++
#elif defined BAD_magic
#define START table.magic ^= 1
#elif defined BAD_module_null
#define MODULE return NULL
#elif defined BAD_module_garbage
#define MODULE return (const struct qk_module *)(uintptr_t)1
#elif defined BAD_module_sometimes
/* Another table in every other process. */
#define MODULE                                                                                               \
    if (getpid() % 2)                                                                                        \
    table.row_count = 0
#else
#error "no such member"
#endif
#include "baselines/gate/tests/bad/bad.h"
