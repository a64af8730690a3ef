/* SPDX-License-Identifier: MIT */
#include "kernels/table/image.h"

#include <dlfcn.h>
#include <string.h>

static int take_segments(struct dl_phdr_info *info, size_t size, void *to)
{
    struct qk_image *m = to;
    (void)size;
    if (info->dlpi_addr != m->map->l_addr || strcmp(info->dlpi_name, m->map->l_name) != 0)
        return 0;
    m->segments = info->dlpi_phdr;
    m->segment_count = info->dlpi_phnum;
    return 1;
}

int qk_image_open(struct qk_image *m, void *handle, const char *path, struct qk_error *err)
{
    struct link_map *map;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map))
        return qk_fail(err, QK_ERR_IO, path, "'%s': %s", path, dlerror());
    *m = (struct qk_image){.map = map};
    dl_iterate_phdr(take_segments, m);
    return 0;
}

/* Bytes from there to the end of the segment, 0 when it is in none that has the flag. */
static size_t room(const struct qk_image *m, uintptr_t at, uint32_t flag)
{
    for (size_t i = 0; i < m->segment_count; i++) {
        const ElfW(Phdr) *s = &m->segments[i];
        const uintptr_t from = at - m->map->l_addr - s->p_vaddr;
        if (s->p_type == PT_LOAD && s->p_flags & flag && from < s->p_memsz)
            return s->p_memsz - from;
    }
    return 0;
}

bool qk_image_has(const struct qk_image *m, const void *at, size_t bytes)
{
    return room(m, (uintptr_t)at, PF_R) >= bytes;
}

bool qk_image_has_text(const struct qk_image *m, const char *text, size_t size)
{
    const size_t left = room(m, (uintptr_t)text, PF_R);
    for (size_t i = 0; i < left && i < size; i++)
        if (!text[i])
            return true;
        else if (text[i] < ' ' || text[i] > '~')
            return false;
    return false;
}

bool qk_image_has_code(const struct qk_image *m, uintptr_t at)
{
    return room(m, at, PF_X) > 0;
}
