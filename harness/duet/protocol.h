/* SPDX-License-Identifier: MIT */
/* What the program (duet.c, process.c) and its launches (launch.c) say to each other. */
#pragma once

#include "harness/duet/case.h"

/*
 * Both ends are one program, so structs go as they are, one to a packet of a SOCK_SEQPACKET socket, which
 * keeps their borders. Every order is answered by any number of notes, then one BENCH_DUET_DONE.
 */
enum {
    BENCH_DUET_MAGIC = 0x54455544,
    BENCH_DUET_VERSION = 2,
    BENCH_DUET_VARIANT = 64,
    BENCH_DUET_FILE = 10 /* the descriptor of the base's module; those of the other sides follow */
};

enum bench_duet_message {
    BENCH_DUET_OPEN = 1, /* cpu, seed, sides, forks: pins, loads */
    BENCH_DUET_ROW,      /* side, number: answered with that row of its table */
    BENCH_DUET_CHECK,    /* side, number: the row is checked and stepped */
    BENCH_DUET_TRY,      /* side, number, work.shape: one call on buffers that end at a guard page */
    BENCH_DUET_PREPARE,  /* work: buffers, calls per slice; a note before each arm's first call */
    BENCH_DUET_MEASURE,  /* work.index, number, launch, proof: answered with a block */
    BENCH_DUET_CLEAR,    /* forgets all cases and their buffers */
    BENCH_DUET_NOTE,     /* text: what is being done, in case it is the last that is heard */
    BENCH_DUET_DONE      /* code, error, side */
};

struct bench_duet_head {
    uint32_t magic, version, bytes, message;
};

struct bench_duet_work {
    uint64_t index;
    enum qk_op op;
    struct qk_shape shape;
    enum qk_memory memory;
    enum bench_duet_side side[2];
    char variant[2][BENCH_DUET_VARIANT];
    double extra;
};

struct bench_duet_order {
    struct bench_duet_head head;
    int cpu;
    bool has[BENCH_SIDES]; /* such a side */
    bool forks; /* the launch steps kernels, for which it needs children; otherwise it can have none */
    enum bench_duet_side side;
    uint64_t seed, number, launch;
    struct bench_duet_proof proof;
    struct bench_duet_work work;
};

/* A row of a module's table, and what is said of the whole. Texts that are longer are cut. */
struct bench_duet_row {
    uint64_t count; /* of rows */
    char compiler[64], version[64];
    struct qk_variant variant; /* its pointers are of the launch */
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

/* Sends, without a signal when nobody is there any more. */
bool bench_duet_send(int fd, enum bench_duet_message message, void *packet, size_t bytes);
/*
 * Receives one packet of these bytes with one of our heads. Returns 1; 0 when nobody is there any more; -1
 * when something else came. Blocks.
 */
int bench_duet_receive(int fd, void *packet, size_t bytes);
