/* SPDX-License-Identifier: MIT */
/* Memory of weights and states. */
#include "model/forward/private.h"

#include "model/gguf/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Aligned to `align`, in whole numbers of it. */
static void *reserve(size_t bytes, size_t align, const char *what, struct qk_error *err)
{
    size_t whole;
    void *p = NULL;
    if (qk_align_size(bytes ? bytes : 1, align, &whole)) {
        if (model_memory_may(whole, what, err))
            return NULL;
        p = aligned_alloc(align, whole);
    }
    if (!p)
        qk_fail(err, QK_ERR_MEMORY, what, "no memory for %zu bytes", bytes);
    return p;
}

void *model_reserve(size_t bytes, const char *what, struct qk_error *err)
{
    enum { LINE = 64, HUGE_PAGE = 2 << 20 };
    void *p = reserve(bytes, bytes < HUGE_PAGE ? LINE : HUGE_PAGE, what, err);
    if (p && bytes >= HUGE_PAGE)
        madvise(p, bytes, MADV_HUGEPAGE); /* a wish */
    return p;
}

void *model_alloc(size_t count, size_t size, const char *what, struct qk_error *err)
{
    size_t bytes;
    if (!qk_mul_size(count, size, &bytes)) {
        qk_fail(err, QK_ERR_MEMORY, what, "no memory for %zu x %zu bytes", count, size);
        return NULL;
    }
    void *p = model_reserve(bytes, what, err);
    return p ? memset(p, 0, bytes) : NULL;
}
