/* SPDX-License-Identifier: MIT */
#include "baselines/stored/compare.h"

#include <stdlib.h>
#include <string.h>

struct fields {
    struct baseline_field **list;
    size_t *count;
    bool failed;
};

static void put(struct fields *f, const char *name, const char *was, const char *is)
{
    if (f->failed || !strcmp(was, is))
        return;
    struct baseline_field *more = reallocarray(*f->list, *f->count + 1, sizeof *more);
    if (!more) {
        f->failed = true;
        return;
    }
    *f->list = more;
    struct baseline_field *field = &more[(*f->count)++];
    snprintf(field->name, sizeof field->name, "%s", name);
    snprintf(field->old_value, sizeof field->old_value, "%s", *was ? was : "unknown");
    snprintf(field->new_value, sizeof field->new_value, "%s", *is ? is : "unknown");
}

static void put_number(struct fields *f, const char *name, long long was, long long is)
{
    char old_text[32], new_text[32];
    snprintf(old_text, sizeof old_text, "%lld", was);
    snprintf(new_text, sizeof new_text, "%lld", is);
    put(f, name, was < 0 ? "" : old_text, is < 0 ? "" : new_text);
}

static const struct bench_cache *same_cache(const struct bench_environment *env,
                                            const struct bench_cache *like)
{
    for (int i = 0; i < env->cache_count; i++)
        if (env->caches[i].level == like->level && !strcmp(env->caches[i].type, like->type))
            return &env->caches[i];
    return NULL;
}

static void put_cache(struct fields *f, const struct bench_cache *was, const struct bench_cache *is,
                      bool sharing)
{
    char name[48], old_text[40] = "none", new_text[40] = "none";
    const struct bench_cache *one = was ? was : is;
    snprintf(name, sizeof name, sharing ? "CPUs at the L%d %s cache" : "L%d %s cache", one->level, one->type);
    if (sharing) {
        if (was && is)
            put_number(f, name, was->sharing, is->sharing);
        return;
    }
    if (was)
        snprintf(old_text, sizeof old_text, "%llu KiB", (unsigned long long)was->bytes >> 10);
    if (is)
        snprintf(new_text, sizeof new_text, "%llu KiB", (unsigned long long)is->bytes >> 10);
    put(f, name, old_text, new_text);
}

static void put_caches(struct fields *f, const struct bench_environment *was,
                       const struct bench_environment *is, bool sharing)
{
    for (int i = 0; i < was->cache_count; i++)
        put_cache(f, &was->caches[i], same_cache(is, &was->caches[i]), sharing);
    for (int i = 0; i < is->cache_count; i++)
        if (!same_cache(was, &is->caches[i]))
            put_cache(f, NULL, &is->caches[i], sharing);
}

/*
 * Shapes of a variant share its flags, so each variant is compared once. Its cases are neighbours, because
 * they are sorted by name.
 */
static void put_flags(struct fields *f, const struct baseline *old_side, const struct baseline *new_side)
{
    char name[BASELINE_NAME + 16];
    size_t first = *f->count;
    for (size_t i = 0; i < old_side->count && !f->failed; i++) {
        const struct baseline_case *was = &old_side->cases[i], *is = baseline_find(new_side, was->name);
        const char *shape = strrchr(was->name, '/');
        if (!is || !shape)
            continue;
        snprintf(name, sizeof name, "flags of %.*s", (int)(shape - was->name), was->name);
        if (*f->count == first || strcmp((*f->list)[*f->count - 1].name, name) != 0)
            put(f, name, was->flags, is->flags);
    }
}

static int finish(const struct fields *f, struct qk_error *err)
{
    return f->failed ? qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for what differs") : 0;
}

int baseline_identity(const struct baseline *old_side, const struct baseline *new_side, bool flags,
                      struct baseline_field **list, size_t *count, struct qk_error *err)
{
    const struct bench_environment *was = &old_side->env, *is = &new_side->env;
    struct fields f = {list, count, false};
    put(&f, "CPU vendor", was->cpu_vendor, is->cpu_vendor);
    put_number(&f, "CPU family", was->cpu_family, is->cpu_family);
    put_number(&f, "CPU model", was->cpu_model, is->cpu_model);
    put_number(&f, "CPU stepping", was->cpu_stepping, is->cpu_stepping);
    put(&f, "ISA levels in use", was->isa_levels, is->isa_levels);
    put_caches(&f, was, is, false);
    put(&f, "compiler", was->compiler, is->compiler);
    put_number(&f, "kernel ABI", old_side->abi, new_side->abi);
    if (flags)
        put_flags(&f, old_side, new_side);
    return finish(&f, err);
}

int baseline_shown(const struct baseline *old_side, const struct baseline *new_side,
                   struct baseline_field **list, size_t *count, struct qk_error *err)
{
    const struct bench_environment *was = &old_side->env, *is = &new_side->env;
    char old_load[32], new_load[32];
    struct fields f = {list, count, false};
    put(&f, "CPU", was->cpu_name, is->cpu_name);
    put_number(&f, "CPUs", was->cpus, is->cpus);
    put_caches(&f, was, is, true);
    put(&f, "virtualised", was->virtualised, is->virtualised);
    put(&f, "kernel", was->kernel, is->kernel);
    put(&f, "microcode", was->microcode, is->microcode);
    put(&f, "governor", was->governor, is->governor);
    snprintf(old_load, sizeof old_load, "%.2f", was->load[0]);
    snprintf(new_load, sizeof new_load, "%.2f", is->load[0]);
    put(&f, "load", was->load[0] < 0 ? "" : old_load, is->load[0] < 0 ? "" : new_load);
    put(&f, "commit", was->commit, is->commit);
    put(&f, "date", was->date, is->date);
    put(&f, "mode", old_side->quick ? "quick" : "full", new_side->quick ? "quick" : "full");
    put_number(&f, "launches", (long long)old_side->launches, (long long)new_side->launches);
    put(&f, "shapes", old_side->shapes, new_side->shapes);
    return finish(&f, err);
}

const char *baseline_fields_text(const struct baseline_field *list, size_t count, char *to, size_t size)
{
    size_t used = 0;
    *to = '\0';
    for (size_t i = 0; i < count && used + 1 < size; i++) {
        const int n = snprintf(to + used, size - used, "%s%s: %s, now %s", i ? "; " : "", list[i].name,
                               list[i].old_value, list[i].new_value);
        used += n < 0 ? 0 : (size_t)n;
    }
    return to;
}
