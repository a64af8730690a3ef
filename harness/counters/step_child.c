/* SPDX-License-Identifier: MIT */
#include "harness/counters/step_private.h"

#if defined __x86_64__ && defined __LP64__ && defined __linux__

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

enum { TRAP_FLAG = 0x100 }; /* EFLAGS bit 8 */

static struct bench_step_trace *trace; /* in the child only */

static void add_site(struct bench_step_trace *t, uintptr_t at, uintptr_t from)
{
    const size_t mask = ((size_t)1 << BENCH_STEP_SITE_BITS) - 1;
    /* Fibonacci hashing: 2^64 over the golden ratio. */
    size_t i = (size_t)((uint64_t)at * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BENCH_STEP_SITE_BITS));
    while (t->sites[i].times && t->sites[i].at != at)
        i = (i + 1) & mask;
    if (!t->sites[i].times) {
        if (t->site_count == BENCH_STEP_SITES) {
            t->too_many_sites = true;
            return;
        }
        t->site_count = t->site_count + 1;
        t->sites[i].at = at;
        t->sites[i].from = from;
        t->sites[i].first = t->instructions;
    }
    t->sites[i].times++;
}

/*
 * A string instruction, after prefixes of repetition and size and REX. One with a repeat prefix traps after
 * every round; without, none follows itself. Opcodes: Intel SDM volume 2, "REP".
 */
static bool is_string(const unsigned char *code)
{
    while (*code == 0xf2 || *code == 0xf3 || *code == 0x66 || *code == 0x67 || (*code & 0xf0) == 0x40)
        code++;
    return (*code >= 0xa4 && *code <= 0xa7) || (*code >= 0xaa && *code <= 0xaf);
}

/* The flag is masked in the kernel, and its return with sysret traps one instruction late. */
static bool is_system_call(const unsigned char *code)
{
    return code[0] == 0x0f && code[1] == 0x05;
}

/* Not instrumented: it reads a return address, which no variable holds. */
__attribute__((no_sanitize_address)) static uintptr_t word_at(uintptr_t at)
{
    return *(const uintptr_t *)at;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;
    (void)info;
    trace->fault_state = trace->state;
    trace->signal = signal;
    trace->fault_at = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
    trace->state = STEP_FAULTED;
    _exit(0);
}

/* After every instruction: RIP is the one that comes next. */
static void on_trap(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct bench_step_trace *t = trace;
    const uintptr_t rip = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
    if (t->state < STEP_STEPPING) { /* a breakpoint in the kernel */
        on_fault(signal, info, context);
        return;
    }
    t->traps = t->traps + 1;
    if (t->state == STEP_STEPPING && rip == t->entry) {
        t->return_to = word_at((uintptr_t)uc->uc_mcontext.gregs[REG_RSP]);
        t->state = STEP_INSIDE;
    }
    if (t->state != STEP_INSIDE)
        return;
    if (rip == t->return_to) {
        t->state = STEP_LEFT;
        uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        return;
    }
    if (rip == t->last && is_string((const unsigned char *)rip))
        return;
    const uintptr_t from = t->last;
    t->last = rip;
    if (is_system_call((const unsigned char *)rip) || t->instructions == t->limit) {
        t->state = t->instructions == t->limit ? STEP_LIMITED : STEP_SYSTEM_CALL;
        _exit(0);
    }
    t->instructions = t->instructions + 1;
    add_site(t, rip, from);
}

/* What the caller has arranged for its signals must not run in the child; what it ignores stays ignored. */
static bool take_signals(struct bench_step_trace *t)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    const stack_t stack = {.ss_sp = t->stack, .ss_size = sizeof t->stack};
    struct sigaction action;
    sigset_t open;
    for (int s = 1; s < NSIG; s++)
        if (sigaction(s, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            signal(s, SIG_DFL);
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&open);
    sigaddset(&open, SIGTRAP);
    bool good = sigaltstack(&stack, NULL) == 0;
    action.sa_sigaction = on_fault;
    for (size_t i = 0; i < sizeof faults / sizeof *faults && good; i++) {
        good = sigaction(faults[i], &action, NULL) == 0;
        sigaddset(&open, faults[i]);
    }
    action.sa_sigaction = on_trap;
    return good && sigaction(SIGTRAP, &action, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &open, NULL) == 0;
}

static void set_trap_flag(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t" /* past the red zone */
                     "pushfq\n\torq %0, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
                     :
                     : "i"(TRAP_FLAG)
                     : "memory", "cc");
}

void bench_step_child(const struct bench_step_job *job)
{
    struct bench_step_trace *t = trace = job->trace;
    const struct rlimit no_core = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != job->parent)
        return;
    setrlimit(RLIMIT_CORE, &no_core);
    if (!take_signals(t)) {
        t->error = errno;
        t->state = STEP_REFUSED;
        return;
    }
    t->state = STEP_WARMING;
    job->on->call(job->fn, job->plan, job->buffers, job->buffers, 1);
    t->state = STEP_STEPPING;
    set_trap_flag();
    job->on->call(job->fn, job->plan, job->buffers, job->buffers, 1);
    if (t->state == STEP_LEFT)
        t->state = STEP_RETURNED;
}

bool bench_step_supported(void)
{
    return true;
}

#else

bool bench_step_supported(void)
{
    return false;
}

void bench_step_child(const struct bench_step_job *job)
{
    (void)job;
}

#endif
