/* SPDX-License-Identifier: MIT */
/* Where instructions lie: in the kernel's module, in another module, or in none. */
#include "harness/counters/step_private.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

/* The place of the module's first byte; NULL outside all modules. */
static const void *module_of(uintptr_t at)
{
    Dl_info found;
    return dladdr((const void *)at, &found) ? found.dli_fbase : NULL;
}

/*
 * A library that a launch maps from a descriptor is as much the kernel's own as its module: ggml's
 * functions are called by ours (kernels/ggml).
 */
static bool handed_over(uintptr_t at)
{
    static const char descriptors[] = "/proc/self/fd/";
    Dl_info found;
    return dladdr((const void *)at, &found) && !strncmp(found.dli_fname, descriptors, sizeof descriptors - 1);
}

static bool same_module(uintptr_t entry, uintptr_t at)
{
    const void *module = module_of(at);
    return !module || module == module_of(entry);
}

bool bench_step_own(uintptr_t entry, uintptr_t at)
{
    return same_module(entry, at) || handed_over(at);
}

/*
 * The name under which the loader bound that address for a module. glibc has many forms of memcpy, of which
 * it exports none by a name of its own, so dladdr does not know them. Addresses in the dynamic section are
 * absolute, once glibc has loaded the module.
 */
static const char *bound_as(const struct link_map *module, uintptr_t at)
{
    static const int tables[][2] = {{DT_JMPREL, DT_PLTRELSZ}, {DT_RELA, DT_RELASZ}};
    ElfW(Addr) of[DT_JMPREL + 1] = {0};
    for (const ElfW(Dyn) *d = module->l_ld; d->d_tag != DT_NULL; d++)
        if (d->d_tag >= 0 && d->d_tag <= DT_JMPREL)
            of[d->d_tag] = d->d_un.d_ptr;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        const ElfW(Rela) *r = (const ElfW(Rela) *)of[tables[t][0]];
        const ElfW(Sym) *symbols = (const ElfW(Sym) *)of[DT_SYMTAB];
        const size_t count = r && symbols ? of[tables[t][1]] / sizeof *r : 0;
        for (size_t i = 0; i < count; i++) {
            uintptr_t bound;
            if (!ELF64_R_SYM(r[i].r_info))
                continue;
            memcpy(&bound, (const void *)(module->l_addr + r[i].r_offset), sizeof bound);
            if (bound == at)
                return (const char *)of[DT_STRTAB] + symbols[ELF64_R_SYM(r[i].r_info)].st_name;
        }
    }
    return NULL;
}

/* What the kernel's module calls the function of another module that starts there. */
static void name(uintptr_t entry, uintptr_t at, char *to)
{
    Dl_info found = {.dli_fname = "?"}, own;
    struct link_map *module;
    const char *known = NULL;
    if (dladdr1((const void *)entry, &own, (void **)&module, RTLD_DL_LINKMAP))
        known = bound_as(module, at);
    if (dladdr((const void *)at, &found) && !known && (uintptr_t)found.dli_saddr == at)
        known = found.dli_sname;
    const char *file = strrchr(found.dli_fname, '/');
    if (known)
        snprintf(to, BENCH_STEP_NAME, "%s", known);
    else
        snprintf(to, BENCH_STEP_NAME, "%.30s+%#tx", file ? file + 1 : found.dli_fname,
                 (ptrdiff_t)(at - (uintptr_t)found.dli_fbase));
}

void bench_steps_called(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                        struct bench_steps *out)
{
    const struct bench_step_site *kept[BENCH_STEP_CALLED]; /* the earliest, in order */
    int n = 0;
    out->called_count = 0;
    for (size_t s = 0; s < count; s++) {
        int i = n;
        if (!sites[s].times || !sites[s].from || same_module(entry, sites[s].at) ||
            !same_module(entry, sites[s].from))
            continue;
        for (; i > 0 && kept[i - 1]->first > sites[s].first; i--)
            if (i < BENCH_STEP_CALLED)
                kept[i] = kept[i - 1];
        if (i < BENCH_STEP_CALLED)
            kept[i] = &sites[s];
        n += n < BENCH_STEP_CALLED;
        out->called_count++;
    }
    for (int i = 0; i < n; i++)
        name(entry, kept[i]->at, out->called[i]);
}
