/* SPDX-License-Identifier: MIT */
/* The process that measures. It does what orders say, one after the other, until nobody is there to give them. */
#include "harness/duet/desk.h"
#include "harness/duet/duet.h"

#include "harness/machine/pinning.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The socket is standard input and output. It moves to a place of its own, so that what a module's start or an
 * instrumented kernel prints does not come between the answers.
 */
static int take_socket(void)
{
    const int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || nothing < 0)
        return -1;
    dup2(nothing, STDIN_FILENO);
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        dup2(nothing, STDOUT_FILENO);
    close(nothing);
    return fd;
}

static void send_note(void *ctx, const char *text)
{
    struct bench_duet_answer answer = {.side = -1};
    snprintf(answer.error.text, sizeof answer.error.text, "%s", text);
    bench_duet_send(*(const int *)ctx, BENCH_DUET_NOTE, &answer, sizeof answer);
}

static int load_modules(struct bench_duet_desk *desk, const struct bench_duet_order *order,
                        struct bench_duet_answer *answer)
{
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (!*order->path[side])
            continue;
        const int code = qk_table_load(&desk->table[side], order->path[side], &answer->error);
        if (code) {
            answer->side = side;
            return code;
        }
        /* The loader tells files by name in the file and by inode: two sides that it took for one would be equal. */
        for (int other = 0; other < side; other++)
            if (desk->table[other].handle == desk->table[side].handle)
                return qk_fail(&answer->error, QK_ERR_INTERNAL, order->path[side],
                               "the loader took the %s for the %s", bench_side_names[side],
                               bench_side_names[other]);
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
    const int code = qk_cpu_detect(&desk->isa, getenv("QK_DISABLE_ISA"), &answer->error);
    return code ? code : load_modules(desk, order, answer);
}

static bool work_valid(const struct bench_duet_work *w)
{
    bool good = w->op >= 0 && w->op < QK_OP_COUNT && w->memory >= 0 && w->memory < BENCH_MEMORIES &&
                w->extra >= 0 && w->extra <= 1;
    for (int a = 0; a < 2; a++)
        good = good && w->side[a] >= 0 && w->side[a] < BENCH_SIDES &&
               memchr(w->variant[a], '\0', sizeof w->variant[a]);
    return good;
}

static int obey(struct bench_duet_desk *desk, const struct bench_duet_order *order,
                struct bench_duet_answer *answer)
{
    switch (order->head.message) {
    case BENCH_DUET_OPEN:
        return open_desk(desk, order, answer);
    case BENCH_DUET_PREPARE:
        if (!work_valid(&order->work))
            break;
        return bench_duet_prepare(desk, &order->work, order->check, &answer->error);
    case BENCH_DUET_MEASURE:
        return bench_duet_measure(desk, order->work.index, order->number, order->launch, &answer->block,
                                  &answer->error);
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
    struct bench_duet_desk desk = {.sw = {.stat = -1, .migrations = -1}, .note = send_note, .ctx = &fd};
    bool heard = fd >= 0;
    while (heard && (got = bench_duet_receive(fd, &order, sizeof order)) > 0) {
        memset(&answer, 0, sizeof answer);
        answer.side = -1;
        answer.code = obey(&desk, &order, &answer);
        heard = bench_duet_send(fd, BENCH_DUET_DONE, &answer, sizeof answer);
    }
    bench_duet_clear(&desk);
    bench_sw_close(&desk.sw);
    for (int side = 0; side < BENCH_SIDES; side++)
        qk_table_free(&desk.table[side]);
    return got == 0 ? 0 : 1;
}
