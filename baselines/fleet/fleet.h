/* SPDX-License-Identifier: MIT */
/*
 * A fleet: nodes of different kinds that all judge the same two modules. A plan says what is judged, an
 * answer is what one node said, and the merged fleet has one verdict for all. (The campaigns of
 * baselines/campaigns/ are something else: gates on one machine, to find out how often they are right.)
 *
 *     plan -> campaign.json     answer -> NODE/node.json, beside the gate's own NODE/gate.json
 */
#pragma once

#include "baselines/gate/verdict.h"
#include "harness/records/fields/fields.h"

enum { BASELINE_FLEET_NODES = 64, BASELINE_FLEET_NODE = 65, BASELINE_FLEET_WORDS = 256 };

/* One text of a list. */
struct baseline_fleet_word {
    char *text; /* owned */
};

struct baseline_fleet_side {
    char name[512];    /* as the user called the module */
    char hash[20];     /* XXH3-64 of its bytes; empty: there is no module */
    char build_id[65]; /* the linker's; empty: it has none */
};

/*
 * What a campaign sends to its nodes. Two plans with the same `hash` send the same bytes to the same nodes,
 * so that answers to one are answers to the other.
 */
struct baseline_fleet_plan {
    size_t node_count;
    char nodes[BASELINE_FLEET_NODES][BASELINE_FLEET_NODE];
    bool gate;    /* the nodes judge; false: they run another command */
    bool strict;  /* of gates */
    double alpha; /* of each node's gate: the policy's, divided by the nodes; NaN: no gate */
    struct baseline_fleet_side base, candidate;
    char program[20], libraries[20], policy[20]; /* hashes of bytes; empty: the built-in policy */
    char same_code[20];                          /* of the list of rows that are the same code */
    size_t word_count;
    struct baseline_fleet_word *words; /* the command as the nodes run it; owned */
    char payload[20];                  /* of all that is sent */
    char hash[20];                     /* of all members above: see baseline_fleet_plan_seal */
};
extern const struct bench_fields baseline_fleet_plan_fields;
/* Sets the hash. A reader refuses a plan whose hash is another. QK_ERR_MEMORY. */
int baseline_fleet_plan_seal(struct baseline_fleet_plan *p, struct qk_error *err);
void baseline_fleet_plan_free(struct baseline_fleet_plan *p);
/* Is it a node's name? False, with why. It becomes a folder's name and a word of the launcher's. */
bool baseline_fleet_is_name(const char *name);
/* QK_ERR_ARG names the first member in which a plan differs from the one that `where` holds. */
int baseline_fleet_plan_same(const struct baseline_fleet_plan *held, const struct baseline_fleet_plan *p,
                             const char *where, struct qk_error *err);

enum baseline_fleet_state {
    BASELINE_FLEET_MISSING, /* no whole answer: it did not run, died, hung */
    BASELINE_FLEET_REFUSED, /* an answer that is not to be trusted */
    BASELINE_FLEET_ANSWERED,
    BASELINE_FLEET_STATES
};

/* What is known of one node. */
struct baseline_fleet_answer {
    char node[BASELINE_FLEET_NODE];
    char plan[20]; /* its hash */
    enum baseline_fleet_state state;
    char reason[400];                  /* why it is not ANSWERED */
    char date[40];                     /* when it was launched */
    double seconds;                    /* from its launch to its answer */
    int exit_code;                     /* of the command there; -1: not known */
    char report[20];                   /* XXH3-64 of gate.json; empty: there is none */
    size_t file_count;                 /* files it sent, all in its folder */
    struct baseline_fleet_word *files; /* owned */
};
extern const struct bench_fields baseline_fleet_answer_fields;
void baseline_fleet_answer_free(struct baseline_fleet_answer *a);

/*
 * Is this the report of a gate that judged what the plan says? QK_ERR_INVALID names what differs.
 * QK_ERR_CHECK, with the gate's reason: the gate ended before it could judge.
 */
int baseline_fleet_report_check(const struct baseline_fleet_plan *p, const struct baseline_report *r,
                                struct qk_error *err);

struct baseline_fleet_node {
    struct baseline_fleet_answer answer;
    struct baseline_report report;    /* of a gate that ANSWERED; else INVALID without results */
    enum baseline_verdict verdict;    /* the report's; MISSING, or INVALID for REFUSED */
    size_t counts[BASELINE_VERDICTS]; /* of its cases, shapes and rules */
    size_t controls, right;
    bool judged; /* was it a gate that answered? */
};

struct baseline_fleet_cell {
    /*
     * NULL: it says nothing of the case, as `verdict` or, for a row that it cannot have, `unavailable` says.
     */
    const struct baseline_result *result;
    enum baseline_verdict verdict;
    bool unavailable;
};
/* A case, shape or rule that any node named. */
struct baseline_fleet_case {
    const char *name; /* borrowed from a result */
    enum baseline_role role;
    enum baseline_verdict verdict;     /* the worst */
    struct baseline_fleet_cell *cells; /* [node_count] */
};

struct baseline_fleet {
    const struct baseline_fleet_plan *plan; /* borrowed */
    size_t node_count;
    struct baseline_fleet_node *nodes; /* owned; in the plan's order */
    size_t case_count;
    struct baseline_fleet_case *cases; /* owned; in the order of the first node that names them */
    struct baseline_fleet_cell *cells; /* owned */
    enum baseline_verdict verdict;     /* of gates: the worst of all nodes */
    int exit_code;
};
/* Makes nodes that are MISSING. QK_ERR_MEMORY. Free in any case. */
int baseline_fleet_begin(struct baseline_fleet *f, const struct baseline_fleet_plan *plan,
                         struct qk_error *err);
/*
 * Merges what the nodes hold: cells, verdicts, exit code. The worst verdict counts, of nodes and of cases.
 * A node without an answer is MISSING and never passes. A row that a node has no ISA level for is unavailable
 * there. A node may leave out as many cases as its report says it did, and is MISSING where it leaves out
 * more. Of another command than a gate the exit code is 5 where a node is MISSING, else the worst of theirs.
 * QK_ERR_MEMORY.
 */
int baseline_fleet_merge(struct baseline_fleet *f, struct qk_error *err);
void baseline_fleet_free(struct baseline_fleet *f);
