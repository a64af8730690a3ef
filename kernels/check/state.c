/* SPDX-License-Identifier: MIT */
#include "kernels/check/state.h"

#include "kernels/cpu.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#if defined __x86_64__

enum { MXCSR_FLAGS = 0x3f, DIRECTION = 0x400 };
static const char control_name[] = "MXCSR";

/* What fnstenv writes (Intel SDM volume 1, "x87 FPU State Image", 32-bit protected mode). */
struct x87_image {
    uint32_t control, status, tags, rest[4];
};

/* Bits 17 and 18 of XINUSE (Intel SDM volume 1, "Programming with Intel AMX"). */
static bool release_tiles(void)
{
    uint32_t low, high;
    if (!qk_cpu_has_tiles())
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    if (!(low & 0x60000))
        return false;
    __asm__ volatile("tilerelease");
    return true;
}

static void read_cpu(struct qk_state *s)
{
    uint64_t flags;
    struct x87_image x87;
    s->tiles = release_tiles();
    __asm__ volatile("pushfq\n\tpopq %0\n\tcld" : "=r"(flags) : : "memory", "cc");
    s->down = flags & DIRECTION;
    s->control = __builtin_ia32_stmxcsr() & ~(unsigned)MXCSR_FLAGS;
    /* It masks all exceptions, which emms and the control word undo. */
    __asm__ volatile("fnstenv %0\n\temms\n\tfldcw %0" : "=m"(x87));
    s->x87 = (uint16_t)x87.control;
    s->in_use = (x87.tags & 0xffff) != 0xffff;
}

static void write_cpu(const struct qk_state *s)
{
    __builtin_ia32_ldmxcsr((unsigned)s->control);
    __asm__ volatile("fldcw %0" : : "m"(s->x87));
}

#elif defined __aarch64__

static const char control_name[] = "FPCR";

static void read_cpu(struct qk_state *s)
{
    __asm__ volatile("mrs %0, fpcr" : "=r"(s->control));
    s->x87 = 0;
    s->in_use = s->down = s->tiles = false;
}

static void write_cpu(const struct qk_state *s)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(s->control));
}

#else

static const char control_name[] = "";

static void read_cpu(struct qk_state *s)
{
    s->control = s->x87 = 0;
    s->in_use = s->down = s->tiles = false;
}

static void write_cpu(const struct qk_state *s)
{
    (void)s;
}

#endif

void qk_state_read(struct qk_state *s)
{
    read_cpu(s);
    pthread_sigmask(SIG_BLOCK, NULL, &s->mask);
}

void qk_state_write(const struct qk_state *s)
{
    write_cpu(s);
    pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
}

/* The first signal that only one of the masks has; 0 when there is none. */
static int changed_signal(const sigset_t *a, const sigset_t *b)
{
    for (int i = 1; i < NSIG; i++)
        if (sigismember(a, i) != sigismember(b, i))
            return i;
    return 0;
}

bool qk_state_kept(const struct qk_state *before, char *why, size_t size)
{
    struct qk_state now;
    qk_state_read(&now);
    const int signal = changed_signal(&before->mask, &now.mask);
    if (now.down)
        snprintf(why, size, "left the direction flag set");
    else if (now.control != before->control)
        snprintf(why, size, "left %s at 0x%04llx, found 0x%04llx", control_name,
                 (unsigned long long)now.control, (unsigned long long)before->control);
    else if (now.x87 != before->x87)
        snprintf(why, size, "left the x87 control word at 0x%04x, found 0x%04x", now.x87, before->x87);
    else if (now.in_use)
        snprintf(why, size, "left x87 or MMX registers in use");
    else if (now.tiles)
        snprintf(why, size, "left tile registers in use");
    else if (signal)
        snprintf(why, size, "left signal %d (%s) %s", signal, strsignal(signal),
                 sigismember(&now.mask, signal) == 1 ? "blocked" : "let through");
    else
        return true;
    qk_state_write(before);
    return false;
}
