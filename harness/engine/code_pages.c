/* SPDX-License-Identifier: MIT */
#include "harness/engine/code_pages.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEPT = 16 }; /* segments: of two arms the last eight */

struct segment {
    uintptr_t address; /* that it is to hold */
    char *start;
    size_t bytes;
};

static int find(struct dl_phdr_info *info, size_t size, void *to)
{
    struct segment *const s = to;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *const part = &info->dlpi_phdr[i];
        const uintptr_t start = info->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
        /* One that can be written to would come back without that, and not every one can be read. */
        if (part->p_type != PT_LOAD || (part->p_flags & (PF_R | PF_W | PF_X)) != (PF_R | PF_X) ||
            s->address < start || s->address >= end)
            continue;
        if ((uintptr_t)find >= start && (uintptr_t)find < end) /* we run in it */
            return 0;
        s->bytes = (end + page - 1) / page * page - start / page * page;
        s->start = (char *)s->address - (s->address - start / page * page);
        return 1;
    }
    return 0;
}

/* Puts pages where others are, which go to `to`. */
static bool change_places(char *pages, char *others, size_t bytes, char *to)
{
    if (mremap(others, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
        return false;
    if (mremap(pages, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, others) != MAP_FAILED)
        return true;
    mremap(to, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, others);
    return false;
}

bool bench_code_pages_move(const void *address)
{
    static struct segment kept[KEPT];
    static size_t next;
    struct segment s = {.address = (uintptr_t)address};
    if (!dl_iterate_phdr(find, &s))
        return false;
    char *const pages = mmap(NULL, s.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *const room = mmap(NULL, s.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages != MAP_FAILED && room != MAP_FAILED) {
        memcpy(pages, s.start, s.bytes);
        if (!mprotect(pages, s.bytes, PROT_READ | PROT_EXEC) &&
            change_places(pages, s.start, s.bytes, room)) {
            if (kept[next].bytes)
                munmap(kept[next].start, kept[next].bytes);
            kept[next] = (struct segment){.start = room, .bytes = s.bytes};
            next = (next + 1) % KEPT;
            return true;
        }
    }
    if (pages != MAP_FAILED)
        munmap(pages, s.bytes);
    if (room != MAP_FAILED)
        munmap(room, s.bytes);
    return false;
}
