/* SPDX-License-Identifier: MIT */
/* The process that measures. It does what orders say, one after the other, until the program is gone. */
#include "harness/duet/contain.h"
#include "harness/duet/desk.h"
#include "harness/duet/duet.h"

#include "harness/machine/memory.h"
#include "harness/machine/pinning.h"
#include "kernels/check/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The socket is standard input and output. It moves to a place of its own. What a module prints goes nowhere:
 * it must not come between the answers, nor look like a verdict to who reads the program's output.
 */
static int take_socket(void)
{
    const int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || nothing < 0)
        return -1;
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    if (!getenv("QK_LAUNCH_STDERR"))
        dup2(nothing, STDERR_FILENO);
    close(nothing);
    return fd;
}

static void send_note(void *ctx, const char *text)
{
    struct bench_duet_answer answer = {.side = -1};
    snprintf(answer.error.text, sizeof answer.error.text, "%s", text);
    bench_duet_send(*(const int *)ctx, BENCH_DUET_NOTE, &answer, sizeof answer);
}

static const char *called(const struct bench_duet_order *order, int side)
{
    return *order->called ? order->called : bench_side_names[side];
}

/* What the loader says of /proc/self/fd/10 is said of the module. */
static void name_module(struct qk_error *err, const char *file, const char *name)
{
    char text[sizeof err->text];
    snprintf(err->where, sizeof err->where, "%s", name);
    for (char *at; (at = strstr(err->text, file));) {
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - err->text), err->text, name, at + strlen(file));
        memcpy(err->text, text, sizeof text);
    }
}

static int load_modules(struct bench_duet_desk *desk, const struct bench_duet_order *order,
                        struct bench_duet_answer *answer)
{
    for (int side = 0; side < BENCH_SIDES; side++) {
        char file[40], line[60];
        if (!order->has[side])
            continue;
        snprintf(line, sizeof line, "loading the %s", called(order, side));
        desk->note(desk->ctx, line);
        snprintf(file, sizeof file, "/proc/self/fd/%d", BENCH_DUET_FILE + side);
        const int code = qk_table_load(&desk->table[side], file, &answer->error);
        close(BENCH_DUET_FILE + side);
        if (code) {
            answer->side = side;
            name_module(&answer->error, file, called(order, side));
            return code;
        }
    }
    return 0;
}

static int open_desk(struct bench_duet_desk *desk, const struct bench_duet_order *order,
                     struct bench_duet_answer *answer)
{
    const int cpu = bench_pin(order->cpu, &answer->error);
    if (cpu < 0)
        return cpu;
    desk->seed = order->seed;
    bench_sw_close(&desk->sw);
    bench_sw_open("", &desk->sw, cpu);
    int code = qk_cpu_detect(&desk->isa, getenv("QK_DISABLE_ISA"), &answer->error);
    struct bench_kept kept;
    bench_keep(&kept);
    desk->state = kept.state;
    if (!code)
        code = bench_contain(order->forks, &answer->error);
    if (!code)
        code = load_modules(desk, order, answer);
    bench_put_back(&kept);
    return code;
}

static const struct qk_variant *row_of(const struct bench_duet_desk *desk,
                                       const struct bench_duet_order *order)
{
    const struct qk_table *t = order->side < BENCH_SIDES ? &desk->table[order->side] : NULL;
    return t && order->number < t->count ? &t->rows[order->number] : NULL;
}

/* The op of a work, by this process's numbers. */
static bool find_own(struct bench_duet_work *w)
{
    return !*w->own || (memchr(w->own, '\0', sizeof w->own) && qk_op_find(w->own, &w->op));
}

static void describe_row(const struct qk_table *t, const struct qk_variant *v, struct bench_duet_row *to)
{
    to->count = t->count;
    to->variant = *v;
    to->is_own = qk_own_spec_of(v->op) != NULL;
    if (to->is_own)
        to->own = *qk_own_spec_of(v->op);
    to->has_form = v->form;
    if (v->form)
        to->form = *v->form;
    snprintf(to->compiler, sizeof to->compiler, "%s", t->compiler);
    snprintf(to->version, sizeof to->version, "%s", t->version);
    snprintf(to->module, sizeof to->module, "%s", t->name);
    snprintf(to->op, sizeof to->op, "%s", v->op_name);
    snprintf(to->name, sizeof to->name, "%s", v->name);
    snprintf(to->isa, sizeof to->isa, "%s", v->isa_name);
    snprintf(to->phase, sizeof to->phase, "%s", v->phase);
    snprintf(to->flags, sizeof to->flags, "%s", v->flags);
    snprintf(to->unknown, sizeof to->unknown, "%s", v->unknown ? v->unknown : "");
}

/* A call on the shape that is timed, as the check makes it: it has each buffer twice. */
static int try_row(const struct qk_variant *v, const struct bench_duet_order *order, struct qk_error *err)
{
    struct qk_plan plan;
    size_t bytes = 0;
    int code = qk_op_row(v->op)->on->plan(&order->work.shape, &plan, err);
    for (int i = 0; i < plan.buffer_count && !code; i++)
        if (!qk_add_size(bytes, plan.buffers[i].bytes, &bytes) ||
            !qk_add_size(bytes, plan.buffers[i].bytes, &bytes))
            bytes = SIZE_MAX;
    if (!code)
        code = bench_memory_check(bytes, NULL, err);
    return code ? code : qk_check_on_shape(v, &order->work.shape, order->seed, err);
}

/* What is asked about a row of a module's table. */
static int obey_row(struct bench_duet_desk *desk, const struct bench_duet_order *order,
                    struct bench_duet_answer *answer)
{
    const struct qk_variant *v = row_of(desk, order);
    char line[160];
    if (!v)
        return qk_fail(&answer->error, QK_ERR_INTERNAL, NULL, "an order about a row that is not there");
    if (order->head.message == BENCH_DUET_ROW) {
        describe_row(&desk->table[order->side], v, &answer->row);
        return 0;
    }
    const bool trying = order->head.message == BENCH_DUET_TRY;
    snprintf(line, sizeof line, "%s %.60s of the %s", trying ? "trying" : "checking", v->name,
             called(order, order->side));
    desk->note(desk->ctx, line);
    return trying ? try_row(v, order, &answer->error)
                  : bench_module_verify(v, order->seed, &answer->instructions, answer->note, &answer->error);
}

static bool work_valid(const struct bench_duet_work *w)
{
    bool good = w->op >= 0 && (int)w->op < qk_op_count() && w->memory >= 0 && w->memory < QK_MEMORIES &&
                w->extra >= 0 && w->extra <= 1;
    for (int a = 0; a < 2; a++)
        good = good && w->side[a] >= 0 && w->side[a] < BENCH_SIDES &&
               memchr(w->variant[a], '\0', sizeof w->variant[a]);
    return good;
}

static int obey(struct bench_duet_desk *desk, struct bench_duet_order *order,
                struct bench_duet_answer *answer)
{
    switch (order->head.message) {
    case BENCH_DUET_OPEN:
        return open_desk(desk, order, answer);
    case BENCH_DUET_ROW:
    case BENCH_DUET_CHECK:
    case BENCH_DUET_TRY:
        return obey_row(desk, order, answer);
    case BENCH_DUET_PREPARE:
        if (!find_own(&order->work) || !work_valid(&order->work))
            break;
        return bench_duet_prepare(desk, &order->work, &answer->error);
    case BENCH_DUET_MEASURE:
        return bench_duet_measure(desk, order->work.index, order->number, order->launch, &order->proof,
                                  &answer->block, &answer->error);
    case BENCH_DUET_CLEAR:
        bench_duet_clear(desk);
        return 0;
    default:
        break;
    }
    return qk_fail(&answer->error, QK_ERR_INTERNAL, NULL, "an order that a launch does not know");
}

int bench_duet_launch(void)
{
    static struct bench_duet_order order;
    static struct bench_duet_answer answer;
    int fd = take_socket(), got = -1;
    struct bench_duet_desk desk = {
        .sw = {.stat = -1, .migrations = -1, .waits = -1}, .note = send_note, .ctx = &fd};
    bool heard = fd >= 0;
    while (heard && (got = bench_duet_receive(fd, &order, sizeof order)) > 0) {
        memset(&answer, 0, sizeof answer);
        answer.side = -1;
        answer.code = obey(&desk, &order, &answer);
        heard = bench_duet_send(fd, BENCH_DUET_DONE, &answer, sizeof answer);
    }
    /* What a module left to be done at the end is not done. */
    _exit(got == 0 ? 0 : 1);
}
