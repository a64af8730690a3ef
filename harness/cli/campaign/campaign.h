/* SPDX-License-Identifier: MIT */
/*
 * The campaign command in parts. campaign.c has the options and the order. pack.c makes what is sent,
 * against.c builds it, folder.c keeps plan and answers, nodes.c runs the launchers, answer.c judges what they
 * bring.
 */
#pragma once

#include "baselines/fleet/fleet.h"
#include "harness/cli/campaign/words.h"
#include "harness/cli/measure.h"
#include "harness/cli/out.h"

enum { CLI_CAMPAIGN_JSON, CLI_CAMPAIGN_MARKDOWN, CLI_CAMPAIGN_OUTPUTS };

struct cli_campaign {
    struct cli_measure measure; /* patterns */
    const char *against;
    struct cli_load_file duet, candidate;
    const char *nodes, *only, *launch, *into, *merge;
    const char *suite, *policy, *lock_dir;
    uint64_t budget, parallel, timeout;
    bool strict, all_shapes, time_identical, prepare;
    char **command; /* the words behind --; NULL: a gate */
    size_t command_count;
    struct cli_out outputs[CLI_CAMPAIGN_OUTPUTS];

    /* What `against` built: owned, or NULL. */
    char *built, *built_base, *built_candidate, *same_code;
    bool same_policy;
};

/* What is sent to a node: the archive, whole. */
struct cli_payload {
    char *bytes; /* owned */
    size_t size;
};

/*
 * Builds this tree and commit `against` as ci/gate does, and fills in what was built. QK_ERR_UNAVAILABLE:
 * this program is in no build folder of a source tree. QK_ERR_ARG, QK_ERR_IO, QK_ERR_INVALID: as ci/gate
 * ends.
 */
int cli_campaign_build(struct cli_campaign *o, struct qk_error *err);

/*
 * Makes the plan and what is sent: this program with the libraries it needs, modules, policy, command. Free
 * both in any case. Errors of the files that are read. QK_ERR_ARG: a command of too many words.
 */
int cli_campaign_pack(const struct cli_campaign *o, struct baseline_fleet_plan *plan,
                      struct cli_payload *payload, struct qk_error *err);
void cli_payload_free(struct cli_payload *p);
/* XXH3-64 of the bytes, 16 hex digits. */
void cli_campaign_hash(const void *bytes, size_t size, char to[20]);
/* Reads a file whole; the caller frees it. QK_ERR_IO, QK_ERR_MEMORY. */
int cli_campaign_slurp(const char *path, unsigned char **bytes, size_t *size, struct qk_error *err);

/* The folder of a campaign. It is locked as long as it is open. */
struct cli_folder {
    char path[3000];
    int lock;       /* -1: not open */
    bool temporary; /* removed when it is closed */
};
/* `path` is made when it is not there; NULL: a temporary one. QK_ERR_IO: another campaign works there. */
int cli_folder_open(struct cli_folder *f, const char *path, struct qk_error *err);
void cli_folder_close(struct cli_folder *f);
/* The path of a file there, or of one of a node's; NULL for neither. To be freed. NULL: no memory. */
char *cli_folder_file(const struct cli_folder *f, const char *node, const char *name);
/*
 * Stores plan and payload, or finds that the same are there. QK_ERR_ARG: those of another campaign are.
 */
int cli_folder_keep(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                    const struct cli_payload *payload, struct qk_error *err);
/* Reads what cli_folder_keep stored. Free both in any case. `payload` may be NULL. */
int cli_folder_read(const struct cli_folder *f, struct baseline_fleet_plan *plan, struct cli_payload *payload,
                    struct qk_error *err);
/* Writes a file of a node's, whole or not at all. */
int cli_folder_store(const struct cli_folder *f, const char *node, const char *name, const void *bytes,
                     size_t size, struct qk_error *err);

/*
 * Reads what a node answered earlier into *n, which baseline_fleet_begin made. What cannot be read or does
 * not belong to the plan is REFUSED, with the reason. QK_ERR_MEMORY.
 */
int cli_answer_read(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                    struct baseline_fleet_node *n, struct qk_error *err);
/*
 * Takes what a launcher brought: checks it, stores it in the node's folder, and at last node.json. `why` is
 * what the launcher did wrong, or empty. Fills *n as cli_answer_read does. QK_ERR_IO, QK_ERR_MEMORY.
 */
int cli_answer_take(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                    struct baseline_fleet_node *n, const unsigned char *bytes, size_t size, const char *why,
                    struct qk_error *err);

struct cli_nodes_config {
    const struct cli_folder *folder;
    const struct baseline_fleet_plan *plan;
    const struct cli_payload *payload;
    const struct cli_words *launcher; /* of the template; NULL: this machine */
    size_t parallel;
    double timeout_s;
};
/*
 * Launches the nodes of the fleet for which `wanted` is set, and takes their answers. Whatever goes wrong
 * with one is said in its answer. QK_ERR_INTERRUPTED, QK_ERR_IO, QK_ERR_MEMORY: not all are done.
 */
int cli_nodes_run(const struct cli_nodes_config *cfg, struct baseline_fleet *fleet, const bool *wanted,
                  struct qk_error *err);
