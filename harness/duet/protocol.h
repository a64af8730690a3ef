/* SPDX-License-Identifier: MIT */
/* What the program (duet.c, process.c) and its launches (launch.c) say to each other. */
#pragma once

#include "harness/duet/case.h"
#include "kernels/form.h"
#include "kernels/own/ops.h"

/*
 * Both ends are one program, so structs are sent as they are. Each is one packet of a SOCK_SEQPACKET socket,
 * which keeps packets apart. The answer to an order is any number of notes, then one BENCH_DUET_DONE.
 */
enum {
    BENCH_DUET_MAGIC = 0x54455544,
    BENCH_DUET_VERSION = 4,
    BENCH_DUET_VARIANT = 64,
    BENCH_DUET_CALLED = 40,
    BENCH_DUET_FILE = 10 /* the descriptor of the base's module; those of the other sides follow */
};

enum bench_duet_message {
    BENCH_DUET_OPEN = 1, /* takes cpu, seed, sides, forks: pins, loads */
    BENCH_DUET_ROW,      /* takes side, number: answers with that row of its table */
    BENCH_DUET_CHECK,    /* takes side, number: checks and steps the row */
    BENCH_DUET_TRY,      /* takes side, number, work.shape: one call, buffers end at a guard page */
    BENCH_DUET_PREPARE,  /* takes work: makes buffers and plans; a note before each arm's first call */
    BENCH_DUET_MEASURE,  /* takes work.index, number, launch, proof: answers with a block */
    BENCH_DUET_CLEAR,    /* forgets all cases and their buffers */
    BENCH_DUET_NOTE,     /* an answer's text: what the launch is doing, in case it says no more */
    BENCH_DUET_DONE      /* an answer's end: code, error, side */
};

struct bench_duet_head {
    uint32_t magic, version, bytes, message;
};

struct bench_duet_work {
    uint64_t index;
    enum qk_op op;
    char own
        [QK_OWN_NAME]; /* the name of a plug-in's own op, whose number may differ in a launch; "": built in */
    struct qk_shape shape;
    enum qk_memory memory;
    enum bench_duet_side side[2];
    char variant[2][BENCH_DUET_VARIANT];
    double extra;
};

struct bench_duet_order {
    struct bench_duet_head head;
    int cpu;
    bool has[BENCH_SIDES]; /* is there such a side? */
    bool forks;            /* the launch may have children, which it needs to step kernels */
    enum bench_duet_side side;
    char called[BENCH_DUET_CALLED]; /* what messages call the side's module; "": bench_side_names */
    uint64_t seed, number, launch;
    struct bench_duet_proof proof;
    struct bench_duet_work work;
};

/* A row of a module's table, and what the module says of the table. Longer texts are cut. */
struct bench_duet_row {
    uint64_t count; /* of rows */
    char compiler[64], version[64], module[BENCH_DUET_VARIANT];
    struct qk_variant variant; /* its pointers hold in the launch only */
    bool is_own;               /* its op is the module's own, `own` */
    struct qk_own_spec own;
    bool has_form;
    struct qk_form form; /* likewise: what it says may be read, its functions not be called */
    char op[BENCH_DUET_VARIANT], name[BENCH_DUET_VARIANT], isa[32], phase[64], flags[512], unknown[160];
};

struct bench_duet_answer {
    struct bench_duet_head head;
    int code; /* qk_code */
    int side; /* whose module cannot be loaded, or -1 */
    struct qk_error error;
    struct bench_duet_block block;
    struct bench_duet_row row;
    double instructions; /* of one call at the op's smallest shape; NaN when they could not be counted */
    char note[BENCH_DUET_NAME]; /* of bench_module_verify */
};

/* Sends a packet. False, and no signal, when the other end is gone. */
bool bench_duet_send(int fd, enum bench_duet_message message, void *packet, size_t bytes);
/*
 * Receives one packet of `bytes` bytes with a right head. Blocks. Returns 1, 0 when the other end is gone,
 * or -1 when something else came.
 */
int bench_duet_receive(int fd, void *packet, size_t bytes);
