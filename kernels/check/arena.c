/* SPDX-License-Identifier: MIT */
#include "kernels/check/arena.h"

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

static int map_one(struct qk_arena *a, struct qk_error *err)
{
    size_t room;
    /* One page more than the buffer, so that it also fits at an odd offset. */
    if (!qk_align_size(a->buffer.bytes, page(), &room) || !qk_add_size(room, 3 * page(), &room))
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "%zu bytes overflow", a->buffer.bytes);
    void *map = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot map %zu bytes: %s", room, strerror(errno));
    a->map = map;
    a->map_bytes = room;
    if (mprotect(a->map + page(), room - 2 * page(), PROT_READ | PROT_WRITE))
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot unlock %zu bytes: %s", room,
                       strerror(errno));
    return 0;
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
    for (int i = 0; i < set->count; i++)
        if (set->arenas[i].map)
            munmap(set->arenas[i].map, set->arenas[i].map_bytes);
    memset(set, 0, sizeof *set);
}

static int protect(const struct qk_arena *a, int rights, struct qk_error *err)
{
    if (mprotect(a->map + page(), a->map_bytes - 2 * page(), rights))
        return qk_fail(err, QK_ERR_MEMORY, a->buffer.name, "cannot change its pages' rights: %s",
                       strerror(errno));
    return 0;
}

static int place_one(struct qk_arena *a, enum qk_place place, int odd, int poison, const void *input,
                     struct qk_error *err)
{
    unsigned char *first = a->map + page(), *end = a->map + a->map_bytes - page();
    const int code = protect(a, PROT_READ | PROT_WRITE, err);
    if (code)
        return code;
    memset(first, poison, (size_t)(end - first));
    if (place == QK_PLACE_END)
        a->data = end - a->buffer.bytes;
    else
        a->data = place == QK_PLACE_START ? first : first + (size_t)odd * a->buffer.align;
    if (a->buffer.output || !input)
        return 0;
    memcpy(a->data, input, a->buffer.bytes);
    return protect(a, PROT_READ, err);
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

int qk_arenas_unlock(struct qk_arena_set *set, int index, struct qk_error *err)
{
    return protect(&set->arenas[index], PROT_READ | PROT_WRITE, err);
}

bool qk_arenas_padding(const struct qk_arena_set *set, int poison, char *why, size_t size)
{
    for (int i = 0; i < set->count; i++) {
        const struct qk_arena *a = &set->arenas[i];
        if (!a->buffer.output) /* read-only while the kernel runs */
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

static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
enum { CAUGHT = sizeof caught / sizeof *caught };

static sigjmp_buf back;
static volatile struct {
    int signal, is_write; /* is_write: 1, 0, or -1 when the CPU does not tell */
    const unsigned char *at;
} fault;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    fault.signal = signal;
    fault.at = info->si_addr;
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
            snprintf(why, size, "%s input %s at byte %td; inputs are read-only", verb, a->buffer.name,
                     fault.at - a->data);
        else
            snprintf(why, size, "%s %td bytes %s %s", verb,
                     fault.at < a->data ? a->data - fault.at : fault.at - end + 1,
                     fault.at < a->data ? "before the start of" : "past the end of", a->buffer.name);
        return;
    }
    snprintf(why, size, "died of %s (address %p)", strsignal(fault.signal), (const void *)fault.at);
}

bool qk_arenas_call(const struct qk_arena_set *set, const struct qk_case *on, const struct qk_plan *plan,
                    union qk_fn fn, char *why, size_t size)
{
    struct sigaction old[CAUGHT], action;
    volatile bool whole = true;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &action, &old[i]);
    if (sigsetjmp(back, 1) == 0)
        on->call(fn, plan, set->data, 1);
    else
        whole = false;
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &old[i], NULL);
    if (!whole)
        explain_fault(set, why, size);
    return whole;
}
