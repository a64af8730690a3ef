/* SPDX-License-Identifier: MIT */
#include "kernels/ggml/library.h"

#include <dlfcn.h>
#include <link.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What ggml_get_type_traits and ggml_get_type_traits_cpu point to. */
struct traits {
    const char *name;
    int64_t block, interleaved;
    size_t bytes;
    bool quantised;
    qk_ggml_to_float_fn *to_float;
    qk_ggml_from_float_fn *from_float;
};
struct traits_cpu {
    qk_ggml_from_float_fn *from_float;
    qk_ggml_dot_fn *dot;
    int activation;
    int64_t rows;
};
typedef const struct traits *traits_fn(int type);
typedef const struct traits_cpu *traits_cpu_fn(int type);
typedef const char *text_fn(void);
typedef int number_fn(void);
typedef void init_fn(void);
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct traits) == 56 && offsetof(struct traits, to_float) == 40, "as ggml has it");
_Static_assert(sizeof(struct traits_cpu) == 32 && offsetof(struct traits_cpu, rows) == 24, "as ggml has it");
#endif

/* The first version whose structs are these. */
static const unsigned oldest[] = {0, 9, 4};

struct place {
    uintptr_t at;
    uint32_t flag;
    size_t room;
};

static int find_room(struct dl_phdr_info *info, size_t size, void *to)
{
    struct place *p = to;
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *const s = &info->dlpi_phdr[i];
        const uintptr_t from = p->at - info->dlpi_addr - s->p_vaddr;
        if (s->p_type == PT_LOAD && s->p_flags & p->flag && from < s->p_memsz)
            p->room = s->p_memsz - from;
    }
    return p->room > 0;
}

/* Are these bytes in a file that is mapped, with that right? */
static bool mapped(uintptr_t at, size_t size, uint32_t flag)
{
    struct place p = {at, flag, 0};
    dl_iterate_phdr(find_room, &p);
    return p.room >= size;
}

qk_ggml_fn *qk_ggml_function(const struct qk_ggml *g, const char *name)
{
    void *const symbol = dlsym(g->handle, name);
    qk_ggml_fn *fn;
    memcpy(&fn, &symbol, sizeof fn); /* ISO C has no conversion from a data pointer */
    return fn;
}

static int need(const struct qk_ggml *g, const char *path, const char *name, qk_ggml_fn **fn,
                struct qk_error *err)
{
    *fn = qk_ggml_function(g, name);
    return *fn ? 0
               : qk_fail(err, QK_ERR_FORMAT, path, "'%s' is no CPU library of ggml: it has no function %s",
                         path, name);
}

static int find_version(struct qk_ggml *g, const char *path, struct qk_error *err)
{
    text_fn *const version = (text_fn *)qk_ggml_function(g, "ggml_version");
    text_fn *const commit = (text_fn *)qk_ggml_function(g, "ggml_commit");
    unsigned part[3];
    int end = 0;
    const char *const text = version ? version() : NULL;
    if (!text)
        return qk_fail(
            err, QK_ERR_FORMAT, path,
            "'%s' is a ggml of unknown version: it has no function ggml_version; expected %u.%u.%u "
            "or later",
            path, oldest[0], oldest[1], oldest[2]);
    if (sscanf(text, "%u.%u.%u%n", &part[0], &part[1], &part[2], &end) != 3 || !end)
        return qk_fail(err, QK_ERR_FORMAT, path,
                       "'%s' is a ggml of unknown version: '%.30s'; expected three numbers", path, text);
    for (int i = 0; i < 3 && part[i] <= oldest[i]; i++)
        if (part[i] < oldest[i])
            return qk_fail(err, QK_ERR_FORMAT, path, "'%s' is ggml %.30s; expected %u.%u.%u or later", path,
                           text, oldest[0], oldest[1], oldest[2]);
    snprintf(g->version, sizeof g->version, "%.30s%s%.20s", text, commit ? " " : "", commit ? commit() : "");
    return 0;
}

/* What the library was built for; what the CPU has is another question. */
static enum qk_isa level_of(const struct qk_ggml *g)
{
#ifdef __x86_64__
    static const struct {
        const char *name;
        enum qk_isa isa;
    } has[] = {{"ggml_cpu_has_avx512", QK_ISA_AVX512},
               {"ggml_cpu_has_avx_vnni", QK_ISA_AVXVNNI},
               {"ggml_cpu_has_avx2", QK_ISA_AVX2},
               {"ggml_cpu_has_avx", QK_ISA_AVX2}};
    for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
        number_fn *const fn = (number_fn *)qk_ggml_function(g, has[i].name);
        if (fn && fn())
            return has[i].isa;
    }
#endif
    (void)g;
    return QK_ISA_BASE;
}

static int differs(const char *path, const struct qk_ggml_type *t, const char *what, const char *found,
                   struct qk_error *err)
{
    return qk_fail(err, QK_ERR_FORMAT, path,
                   "'%s' is another ggml than this program knows: type %d, %s: %s %s", path, t->number,
                   t->name, what, found);
}

/* Is it the struct of that type, with functions in code? */
static int check_traits(const char *path, const struct qk_ggml_type *t, const struct traits *base,
                        const struct traits_cpu *cpu, struct qk_error *err)
{
    char found[100] = "no name";
    const int dot_with = qk_ggml_types[t->activation].number;
    const bool dots = t != &qk_ggml_types[QK_GGML_Q8_K];
    if (!mapped((uintptr_t)base, sizeof *base, PF_R) || !mapped((uintptr_t)cpu, sizeof *cpu, PF_R))
        return differs(path, t, "its struct", "lies in no library", err);
    if (mapped((uintptr_t)base->name, strlen(t->name) + 1, PF_R))
        snprintf(found, sizeof found, "'%.*s'", (int)strlen(t->name), base->name);
    if (*found != '\'' || strcmp(base->name, t->name) != 0)
        return differs(path, t, "it is called", found, err);
    snprintf(found, sizeof found, "%lld elements in %zu bytes, expected %zu in %zu", (long long)base->block,
             base->bytes, t->block, t->bytes);
    if (base->block != (int64_t)t->block || base->bytes != t->bytes)
        return differs(path, t, "its block has", found, err);
    snprintf(found, sizeof found, "%d, expected %d", cpu->activation, dot_with);
    if (dots && cpu->activation != dot_with)
        return differs(path, t, "its dot product is with type", found, err);
    if (!mapped((uintptr_t)cpu->from_float, 1, PF_X) ||
        (dots && (!mapped((uintptr_t)cpu->dot, 1, PF_X) || !mapped((uintptr_t)base->to_float, 1, PF_X))))
        return differs(path, t, "a function of its", "is not in code", err);
    return 0;
}

/* Reads two hexadecimal digits. */
static unsigned char byte_of(const char *digits)
{
    static const char hex[] = "0123456789abcdef";
    return (unsigned char)((strchr(hex, digits[0]) - hex) << 4 | (strchr(hex, digits[1]) - hex));
}

static int check_bytes(const char *path, const struct qk_ggml_type *t, const unsigned char *bytes,
                       const char *expected, struct qk_error *err)
{
    for (size_t i = 0; i < t->bytes; i++) {
        const unsigned char want = byte_of(expected + 2 * i);
        char found[80];
        snprintf(found, sizeof found, "%zu of a known block is 0x%02x, expected 0x%02x", i, bytes[i], want);
        if (bytes[i] != want)
            return differs(path, t, "byte", found, err);
    }
    return 0;
}

/* Has its functions convert known numbers and multiply them. */
static int check_functions(const struct qk_ggml *g, const char *path, enum qk_ggml_id id,
                           const struct traits *base, struct qk_error *err)
{
    const struct qk_ggml_type *const t = &qk_ggml_types[id];
    const struct qk_ggml_functions *const f = &g->of[id];
    _Alignas(64) unsigned char w[QK_GGML_BYTES_MAX], a[8 * QK_GGML_BYTES_MAX];
    float x[QK_GGML_BLOCK_MAX], y[QK_GGML_BLOCK_MAX] = {0}, dot = NAN;
    char found[60];
    int code = 0;
    for (int steps = 1; steps >= 0 && !code; steps--) {
        memset(w, 0, sizeof w);
        qk_ggml_input(x, t->block, steps);
        f->from_float(x, w, (int64_t)t->block);
        code = check_bytes(path, t, w, steps ? t->steps : t->thirds, err);
    }
    if (code || !f->dot)
        return code;
    base->to_float(w, y, (int64_t)t->block);
    snprintf(found, sizeof found, "%.9g, %.9g, %.9g", (double)y[0], (double)y[1], (double)y[2]);
    if (memcmp(y, t->first, sizeof t->first) != 0)
        return differs(path, t, "a known block stands for", found, err);
    g->of[t->activation].from_float(x, a, (int64_t)t->block);
    f->dot((int)t->block, &dot, 0, w, 0, a, 0, 1);
    snprintf(found, sizeof found, "%.9g, expected %.9g", (double)dot, (double)t->dot);
    return fabsf(dot - t->dot) <= t->dot / 1000 ? 0 : differs(path, t, "a known dot product is", found, err);
}

static int find_types(struct qk_ggml *g, const char *path, struct qk_error *err)
{
    qk_ggml_fn *traits, *cpu, *init;
    const struct traits *base[QK_GGML_TYPES] = {NULL};
    int code = need(g, path, "ggml_get_type_traits", &traits, err);
    if (!code)
        code = need(g, path, "ggml_get_type_traits_cpu", &cpu, err);
    if (!code)
        code = need(g, path, "ggml_cpu_init", &init, err);
    if (code)
        return code;
    ((init_fn *)init)(); /* fills tables, without which dot products are 0 */
    for (int i = 0; i < QK_GGML_TYPES && !code; i++) {
        const struct qk_ggml_type *const t = &qk_ggml_types[i];
        if (!g->of[i].known)
            continue;
        const struct traits_cpu *const own = ((traits_cpu_fn *)cpu)(t->number);
        base[i] = ((traits_fn *)traits)(t->number);
        code = check_traits(path, t, base[i], own, err);
        if (!code)
            g->of[i] = (struct qk_ggml_functions){true, own->from_float, own->dot};
    }
    for (int i = QK_GGML_TYPES - 1; i >= 0 && !code; i--)
        if (g->of[i].known)
            code = check_functions(g, path, (enum qk_ggml_id)i, base[i], err);
    return code;
}

static int load(void **handle, const char *path, struct qk_error *err)
{
    *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return *handle ? 0 : qk_fail(err, QK_ERR_IO, path, "cannot load the library '%s': %s", path, dlerror());
}

/*
 * The second library is loaded only where the first one does not find it in this process. A copy that
 * nobody holds would be unmapped again. ggml leaves a handler of C++ behind, and ends the process that
 * finds one at its own place.
 */
static int load_both(struct qk_ggml *g, const char *path, const char *base, struct qk_error *err)
{
    void *first = NULL;
    *g = (struct qk_ggml){.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (g->handle)
        return 0;
    int code = base ? load(&first, base, err) : 0;
    if (!code)
        code = load(&g->handle, path, err);
    if (first)
        dlclose(first); /* the CPU library holds it */
    return code;
}

int qk_ggml_open(struct qk_ggml *g, const char *path, const char *base, struct qk_error *err)
{
    int code = load_both(g, path, base, err);
    if (code)
        return code;
    number_fn *const score = (number_fn *)qk_ggml_function(g, "ggml_backend_score");
    qk_ggml_fn *traits;
    code = need(g, path, "ggml_get_type_traits_cpu", &traits, err);
    if (!code)
        code = find_version(g, path, err);
    if (code)
        return code;
    for (int i = 0; i < QK_GGML_TYPES; i++)
        g->of[i].known = qk_ggml_function(g, qk_ggml_types[i].guard);
    g->score = score ? score() : 1;
    if (g->score <= 0)
        return 0;
    g->isa = level_of(g);
    return find_types(g, path, err);
}

void qk_ggml_close(struct qk_ggml *g)
{
    if (g->handle)
        dlclose(g->handle);
    *g = (struct qk_ggml){.handle = NULL};
}
