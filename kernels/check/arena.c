/* SPDX-License-Identifier: MIT */
#include "kernels/check/arena.h"

#include "kernels/check/state.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/*
 * The same pages twice: as kernels see them, between guard pages and read-only for inputs, and once more for
 * the checker to write through. Changing rights for every call took nine tenths of a check in a virtual
 * machine.
 */
static int map_pages(struct qk_arena *a, size_t room, int file, struct qk_error *err)
{
    const size_t inner = room - 2 * page();
    a->alias_bytes = inner;
    if (ftruncate(file, (off_t)inner))
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot have %zu bytes: %s", inner,
                       strerror(errno));
    void *alias = mmap(NULL, inner, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (alias == MAP_FAILED)
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot map %zu bytes: %s", inner,
                       strerror(errno));
    a->alias = alias;
    if (mmap(a->map + page(), inner, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot map %zu bytes again: %s", inner,
                       strerror(errno));
    a->writable = true;
    return 0;
}

static int map_one(struct qk_arena *a, struct qk_error *err)
{
    size_t room;
    /* One page more than the buffer, so that it also fits at an odd offset. */
    if (!qk_align_size(a->buffer.bytes, page(), &room) || !qk_add_size(room, 3 * page(), &room))
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "%zu bytes overflow", a->buffer.bytes);
    void *map = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot map %zu bytes: %s", room, strerror(errno));
    a->map = map;
    a->map_bytes = room;
    const int file = memfd_create("qkbench-arena", MFD_CLOEXEC);
    if (file < 0)
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot make a file in memory: %s",
                       strerror(errno));
    const int code = map_pages(a, room, file, err);
    close(file);
    return code;
}

int qk_arenas_make(struct qk_arena_set *set, const struct qk_plan *plan, struct qk_error *err)
{
    memset(set, 0, sizeof *set);
    set->count = plan->buffer_count;
    for (int i = 0; i < set->count; i++)
        set->arenas[i].buffer = plan->buffers[i];
    int code = 0;
    for (int i = 0; i < set->count && !code; i++)
        code = map_one(&set->arenas[i], err);
    return code;
}

void qk_arenas_free(struct qk_arena_set *set)
{
    for (int i = 0; i < set->count; i++) {
        if (set->arenas[i].alias)
            munmap(set->arenas[i].alias, set->arenas[i].alias_bytes);
        if (set->arenas[i].map)
            munmap(set->arenas[i].map, set->arenas[i].map_bytes);
    }
    memset(set, 0, sizeof *set);
}

static int let_write(struct qk_arena *a, bool writable, struct qk_error *err)
{
    if (a->writable == writable)
        return 0;
    if (mprotect(a->map + page(), a->map_bytes - 2 * page(), writable ? PROT_READ | PROT_WRITE : PROT_READ))
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot change its pages' rights: %s",
                       strerror(errno));
    a->writable = writable;
    return 0;
}

static int place_one(struct qk_arena *a, enum qk_place place, int odd, int poison, const void *input,
                     struct qk_error *err)
{
    unsigned char *first = a->map + page(), *end = a->map + a->map_bytes - page();
    memset(a->alias, poison, a->alias_bytes);
    if (place == QK_PLACE_END)
        a->data = end - a->buffer.bytes;
    else
        a->data = place == QK_PLACE_START ? first : first + (size_t)odd * a->buffer.align;
    if (a->buffer.output || qk_owned(&a->buffer) || !input)
        return let_write(a, true, err);
    memcpy(a->alias + (a->data - first), input, a->buffer.bytes);
    return let_write(a, false, err);
}

int qk_arenas_place(struct qk_arena_set *set, enum qk_place place, int odd, int poison, void *const *inputs,
                    struct qk_error *err)
{
    int code = 0;
    for (int i = 0; i < set->count && !code; i++) {
        code = place_one(&set->arenas[i], place, odd, poison, inputs ? inputs[i] : NULL, err);
        set->data[i] = set->arenas[i].data;
    }
    return code;
}

int qk_arenas_let_write(struct qk_arena_set *set, int buffer, bool writable, struct qk_error *err)
{
    return let_write(&set->arenas[buffer], writable, err);
}

bool qk_arenas_padding(const struct qk_arena_set *set, int poison, char *why, size_t size)
{
    for (int i = 0; i < set->count; i++) {
        const struct qk_arena *a = &set->arenas[i];
        if (!a->buffer.output && !qk_owned(&a->buffer)) /* read-only while the kernel runs */
            continue;
        const unsigned char *end = a->map + a->map_bytes - page();
        for (const unsigned char *p = a->map + page(); p < end; p++) {
            if (p == a->data)
                p += a->buffer.bytes;
            if (p < end && *p != poison) {
                const bool before = p < a->data;
                snprintf(why, size, "wrote %td bytes %s %s, found 0x%02x, expected it untouched",
                         before ? a->data - p : p - (a->data + a->buffer.bytes) + 1,
                         before ? "before the start of" : "past the end of", a->buffer.name, *p);
                return false;
            }
        }
    }
    return true;
}

static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
enum { CAUGHT = sizeof caught / sizeof *caught };

static sigjmp_buf back;
static volatile struct {
    int signal, is_write; /* is_write: 1, 0, or -1 when the CPU does not tell */
    const unsigned char *at;
} fault;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    fault.signal = signal;
    fault.at = signal == SIGABRT ? NULL : info->si_addr;
    fault.is_write = -1;
#if defined __x86_64__
    const ucontext_t *uc = context;
    fault.is_write = uc->uc_mcontext.gregs[REG_ERR] >> 1 & 1; /* page-fault error code, bit 1: W */
#else
    (void)context;
#endif
    siglongjmp(back, 1);
}

static void explain_fault(const struct qk_arena_set *set, char *why, size_t size)
{
    static const char *const access[] = {"touched", "read", "wrote"};
    const char *verb = access[fault.is_write + 1];
    for (int i = 0; i < set->count && fault.signal != SIGILL; i++) {
        const struct qk_arena *a = &set->arenas[i];
        const unsigned char *end = a->data + a->buffer.bytes;
        if (fault.at < a->map || fault.at >= a->map + a->map_bytes)
            continue;
        if (fault.at >= a->data && fault.at < end)
            snprintf(why, size, "%s %s%s at byte %td; %s read-only", verb,
                     qk_owned(&a->buffer) ? "" : "input ", a->buffer.name, fault.at - a->data,
                     qk_owned(&a->buffer) ? "it is now" : "inputs are");
        else
            snprintf(why, size, "%s %td bytes %s %s", verb,
                     fault.at < a->data ? a->data - fault.at : fault.at - end + 1,
                     fault.at < a->data ? "before the start of" : "past the end of", a->buffer.name);
        return;
    }
    if (fault.signal == SIGABRT)
        snprintf(why, size, "died of %s", strsignal(fault.signal));
    else
        snprintf(why, size, "died of %s (address %p)", strsignal(fault.signal), (const void *)fault.at);
}

bool qk_arenas_call(const struct qk_arena_set *set, const struct qk_case *on, const struct qk_plan *plan,
                    qk_fn *fn, char *why, size_t size)
{
    struct sigaction old[CAUGHT], action;
    struct qk_state before;
    volatile bool whole = true, kept = true;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &action, &old[i]);
    qk_state_read(&before);
    if (sigsetjmp(back, 1) == 0) {
        on->call(fn, plan, set->data, set->data, 1);
        kept = qk_state_kept(&before, why, size);
    } else {
        qk_state_write(&before);
        whole = false;
    }
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &old[i], NULL);
    if (!whole)
        explain_fault(set, why, size);
    return whole && kept;
}
