/* SPDX-License-Identifier: MIT */
#include "baselines/gate/policy.h"
#include "harness/cli/campaign/campaign.h"
#include "harness/cli/campaign/tar.h"
#include "harness/duet/duet.h"

#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "harness/records/files/infile.h"

enum { FILE_MOST = 1 << 30, LIBRARIES = 64 };

struct packing {
    const struct cli_campaign *o;
    struct baseline_fleet_plan *plan;
    FILE *tar;
    struct qk_error *err;
};

void cli_campaign_hash(const void *bytes, size_t size, char to[20])
{
    snprintf(to, 20, "%016" PRIx64, (uint64_t)XXH3_64bits(bytes, size));
}

void cli_payload_free(struct cli_payload *p)
{
    free(p->bytes);
    *p = (struct cli_payload){.bytes = NULL};
}

int cli_campaign_slurp(const char *path, unsigned char **bytes, size_t *size, struct qk_error *err)
{
    struct stat st;
    const int fd = bench_infile_open(path, &st);
    *bytes = NULL;
    *size = 0;
    if (fd < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot be read: %s", strerror(errno));
    int code = !S_ISREG(st.st_mode) ? qk_fail(err, QK_ERR_IO, path, "is no regular file")
               : st.st_size > FILE_MOST
                   ? qk_fail(err, QK_ERR_IO, path, "found %lld bytes, expected at most %d",
                             (long long)st.st_size, FILE_MOST)
                   : 0;
    if (!code && !(*bytes = malloc((size_t)st.st_size + 1)))
        code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for %lld bytes", (long long)st.st_size);
    while (!code && *size < (size_t)st.st_size) {
        const ssize_t n = read(fd, *bytes + *size, (size_t)st.st_size - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            code = qk_fail(err, QK_ERR_IO, path, "cannot be read: %s",
                           n ? strerror(errno) : "it became shorter");
        else
            *size += (size_t)n;
    }
    close(fd);
    if (code) {
        free(*bytes);
        *bytes = NULL;
    }
    return code;
}

/* Sends a file, and says what it is. */
static int pack_file(const struct packing *p, const char *name, bool executable, const char *path,
                     char hash[20])
{
    unsigned char *bytes;
    size_t size;
    const int code = cli_campaign_slurp(path, &bytes, &size, p->err);
    if (code)
        return code;
    cli_tar_put(p->tar, name, executable, bytes, size);
    cli_campaign_hash(bytes, size, hash);
    free(bytes);
    return 0;
}

static int pack_module(const struct packing *p, const char *name, const struct cli_load_file *file,
                       struct baseline_fleet_side *side)
{
    struct bench_image image;
    if (bench_image_file(file->path) != file->path)
        return qk_fail(p->err, QK_ERR_ARG, file->text, "a campaign sends no libraries of ggml");
    int code = bench_image_read(&image, file->path, p->err);
    if (!code) {
        cli_tar_put(p->tar, name, false, image.part[0].bytes, image.part[0].size);
        cli_campaign_hash(image.part[0].bytes, image.part[0].size, side->hash);
        snprintf(side->name, sizeof side->name, "%s", file->text);
        snprintf(side->build_id, sizeof side->build_id, "%s", image.build_id);
    }
    bench_image_free(&image);
    return code;
}

struct libraries {
    size_t count;
    char *paths[LIBRARIES];
};

/* What comes with every Linux and belongs to its kernel stays the node's own. */
static bool is_own(const char *name)
{
    static const char *const own[] = {"ld-linux", "libc.so",       "libm.so",
                                      "libdl.so", "libpthread.so", "librt.so"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strncmp(name, own[i], strlen(own[i])))
            return true;
    return false;
}

static int note_library(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct libraries *const l = ctx;
    const char *const slash = strrchr(info->dlpi_name, '/');
    (void)size;
    if (slash && !is_own(slash + 1) && l->count < LIBRARIES && (l->paths[l->count] = strdup(info->dlpi_name)))
        l->count++;
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The loader's list may be in any order; the archive must be the same each time. */
static int pack_libraries(const struct packing *p)
{
    struct libraries l = {.count = 0};
    char name[CLI_TAR_NAME], hash[20];
    int code = 0;
    dl_iterate_phdr(note_library, &l);
    qsort(l.paths, l.count, sizeof *l.paths, by_text);
    XXH3_state_t *const all = XXH3_createState();
    if (!all)
        code = qk_fail(p->err, QK_ERR_MEMORY, NULL, "no memory to hash libraries");
    else
        XXH3_64bits_reset(all);
    for (size_t i = 0; i < l.count && !code; i++) {
        snprintf(name, sizeof name, "lib/%.90s", strrchr(l.paths[i], '/') + 1);
        code = pack_file(p, name, true, l.paths[i], hash);
        XXH3_64bits_update(all, name, strlen(name));
        XXH3_64bits_update(all, hash, strlen(hash));
    }
    if (all)
        snprintf(p->plan->libraries, sizeof p->plan->libraries, "%016" PRIx64,
                 (uint64_t)XXH3_64bits_digest(all));
    XXH3_freeState(all);
    for (size_t i = 0; i < l.count; i++)
        free(l.paths[i]);
    return code;
}

static int add_word(const struct packing *p, const char *word)
{
    struct baseline_fleet_plan *const plan = p->plan;
    if (plan->word_count == BASELINE_FLEET_WORDS)
        return qk_fail(p->err, QK_ERR_ARG, NULL, "the command has more than %d words", BASELINE_FLEET_WORDS);
    if (!(plan->words[plan->word_count].text = strdup(word)))
        return qk_fail(p->err, QK_ERR_MEMORY, NULL, "no memory for the command");
    plan->word_count++;
    return 0;
}

/* Adds words up to a NULL. */
static int add_words(const struct packing *p, ...)
{
    va_list list;
    int code = 0;
    va_start(list, p);
    for (const char *word; !code && (word = va_arg(list, const char *));)
        code = add_word(p, word);
    va_end(list);
    return code;
}

static int add_number(const struct packing *p, const char *option, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, n);
    return add_words(p, option, text, NULL);
}

/* --wait: on a node that others use, a gate of theirs ends some time, and --timeout bounds that. */
static int say_gate(const struct packing *p)
{
    const struct cli_campaign *const o = p->o;
    int code = add_words(p, "gate", "--duet", "../base.so", "--candidate", "../candidate.so", "--wait",
                         "--out", "gate.json", "--trace", "trace.jsonl", "--junit", "junit.xml", NULL);
    if (!code)
        code = add_number(p, "--share-alpha", p->plan->node_count);
    if (!code && o->suite)
        code = add_words(p, "--suite", o->suite, NULL);
    if (!code && o->policy)
        code = add_words(p, "--policy", "../policy.json", NULL);
    if (!code && o->lock_dir)
        code = add_words(p, "--lock-dir", o->lock_dir, NULL);
    if (!code && o->same_code)
        code = add_words(p, "--same-code", "../same-code.json", NULL);
    if (!code && o->same_policy)
        code = add_word(p, "--same-policy");
    if (!code && o->strict)
        code = add_word(p, "--strict");
    if (!code && o->all_shapes)
        code = add_word(p, "--all-shapes");
    if (!code && o->time_identical)
        code = add_word(p, "--time-identical");
    if (!code && o->budget)
        code = add_number(p, "--budget", o->budget);
    if (!code)
        code = add_word(p, "--");
    for (size_t i = 0; i < o->measure.count && !code; i++)
        code = add_word(p, o->measure.patterns[i]);
    return code;
}

/* The command as the shell there reads it, and the nodes, so that other nodes are another campaign. */
static int pack_texts(const struct packing *p)
{
    const struct baseline_fleet_plan *const plan = p->plan;
    extern const char cli_campaign_node_script[];
    char *text = NULL;
    size_t size;
    FILE *const to = open_memstream(&text, &size);
    bool good = to != NULL;
    if (good) {
        fputs("# of nodes", to);
        for (size_t i = 0; i < plan->node_count; i++)
            fprintf(to, " %s", plan->nodes[i]);
        fputs("\nset --", to);
    }
    for (size_t i = 0; i < plan->word_count && good; i++) {
        char *const word = cli_words_quote(plan->words[i].text, 1);
        good = word != NULL;
        if (good)
            fprintf(to, " %s", word);
        free(word);
    }
    if (to) {
        putc('\n', to);
        good &= fclose(to) == 0;
    }
    if (good) {
        cli_tar_put(p->tar, "command", false, text, size);
        cli_tar_put(p->tar, "node.sh", true, cli_campaign_node_script, strlen(cli_campaign_node_script));
    }
    free(text);
    return good ? 0 : qk_fail(p->err, QK_ERR_MEMORY, NULL, "no memory for the command");
}

/* The list holds for files of that size and time; all files that are sent have the same time. */
static int pack_same_code(const struct packing *p)
{
    int code = 0;
    json_t *const json = bench_json_load(p->o->same_code, &code, p->err);
    static const char *const sides[] = {"base", "candidate"};
    for (int i = 0; i < 2 && !code; i++)
        json_object_set_new(json_object_get(json, sides[i]), "mtime_ns",
                            json_integer(CLI_TAR_TIME * 1000000000LL));
    char *const text = code ? NULL : json_dumps(json, JSON_COMPACT);
    if (!code && !text)
        code = qk_fail(p->err, QK_ERR_MEMORY, p->o->same_code, "no memory for it");
    if (!code) {
        cli_tar_put(p->tar, "same-code.json", false, text, strlen(text));
        cli_campaign_hash(text, strlen(text), p->plan->same_code);
    }
    free(text);
    json_decref(json);
    return code;
}

static int pack_gate(const struct packing *p)
{
    const struct cli_campaign *const o = p->o;
    struct cli_load_file base = o->duet, candidate = o->candidate;
    struct baseline_policy policy = {0};
    char own[4096];
    int code = baseline_policy_read(&policy, o->policy, p->err);
    p->plan->alpha = policy.alpha / (double)p->plan->node_count;
    p->plan->strict = o->strict;
    baseline_policy_free(&policy);
    if (!code && !candidate.path)
        code = bench_module_own(own, sizeof own, p->err);
    if (!candidate.path)
        candidate.path = candidate.text = own;
    if (!code)
        code = pack_module(p, "base.so", &base, &p->plan->base);
    if (!code)
        code = pack_module(p, "candidate.so", &candidate, &p->plan->candidate);
    if (!code && o->policy)
        code = pack_file(p, "policy.json", false, o->policy, p->plan->policy);
    if (!code && o->same_code)
        code = pack_same_code(p);
    return code ? code : say_gate(p);
}

/* Commands such as calibrate want the kernels of this build beside the program. */
static int pack_command(const struct packing *p)
{
    char own[4096];
    int code = bench_module_own(own, sizeof own, p->err);
    const struct cli_load_file file = {.path = own, .text = own};
    if (!code)
        code = pack_module(p, "libqkernels.so", &file, &p->plan->candidate);
    for (size_t i = 0; i < p->o->command_count && !code; i++)
        code = add_word(p, p->o->command[i]);
    return code;
}

/* "a,b,c" */
static int take_nodes(const struct packing *p)
{
    struct baseline_fleet_plan *const plan = p->plan;
    char *const list = strdup(p->o->nodes), *rest = list;
    int code = list ? 0 : qk_fail(p->err, QK_ERR_MEMORY, "--nodes", "no memory for a list");
    for (char *name; !code && (name = strsep(&rest, ","));) {
        if (!baseline_fleet_is_name(name))
            code =
                qk_fail(p->err, QK_ERR_ARG, "--nodes",
                        "'%.80s' is no name: expected at most 64 letters, digits, '_', '-' and '.', of which "
                        "the first is no '-' or '.'",
                        name);
        for (size_t i = 0; i < plan->node_count && !code; i++)
            if (!strcmp(plan->nodes[i], name))
                code = qk_fail(p->err, QK_ERR_ARG, "--nodes", "'%s' stands there twice", name);
        if (!code && plan->node_count == BASELINE_FLEET_NODES)
            code = qk_fail(p->err, QK_ERR_ARG, "--nodes", "found more than %d nodes", BASELINE_FLEET_NODES);
        if (!code)
            strcpy(plan->nodes[plan->node_count++], name);
    }
    free(list);
    return code;
}

int cli_campaign_pack(const struct cli_campaign *o, struct baseline_fleet_plan *plan,
                      struct cli_payload *payload, struct qk_error *err)
{
    *payload = (struct cli_payload){.bytes = NULL};
    *plan = (struct baseline_fleet_plan){.gate = !o->command, .alpha = NAN};
    const struct packing p = {o, plan, open_memstream(&payload->bytes, &payload->size), err};
    plan->words = calloc(BASELINE_FLEET_WORDS, sizeof *plan->words);
    int code = p.tar && plan->words ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for what is sent");
    if (!code)
        code = take_nodes(&p);
    if (!code)
        code = add_word(&p, "../qkbench");
    if (!code)
        code = plan->gate ? pack_gate(&p) : pack_command(&p);
    if (!code)
        code = pack_file(&p, "qkbench", true, "/proc/self/exe", plan->program);
    if (!code)
        code = pack_libraries(&p);
    if (!code)
        code = pack_texts(&p);
    if (!code)
        cli_tar_end(p.tar);
    if (p.tar && fclose(p.tar) && !code)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for what is sent");
    if (code)
        return code;
    cli_campaign_hash(payload->bytes, payload->size, plan->payload);
    return baseline_fleet_plan_seal(plan, err);
}
