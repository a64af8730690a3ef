/* SPDX-License-Identifier: MIT */
#include "harness/cli/campaign/tar.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { BLOCK = 512 };

/* POSIX.1-2017, pax, "ustar Interchange Format". */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6],
        version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static unsigned sum_of(const struct header *h)
{
    const unsigned char *const bytes = (const unsigned char *)h;
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= offsetof(struct header, sum) && i < offsetof(struct header, type) ? ' ' : bytes[i];
    return sum;
}

static size_t padding(size_t size)
{
    return (BLOCK - size % BLOCK) % BLOCK;
}

/* Octal digits that fill a field but for its last byte, which is NUL. */
static void put_octal(char *field, size_t size, unsigned long long value)
{
    for (size_t i = size - 1; i-- > 0; value /= 8)
        field[i] = (char)('0' + value % 8);
}

void cli_tar_put(FILE *to, const char *name, bool executable, const void *bytes, size_t size)
{
    static const char zeros[BLOCK];
    struct header h = {.type = '0', .magic = "ustar", .version = {'0', '0'}};
    memcpy(h.name, name, strnlen(name, sizeof h.name));
    put_octal(h.mode, sizeof h.mode, executable ? 0755 : 0644);
    put_octal(h.uid, sizeof h.uid, 0);
    put_octal(h.gid, sizeof h.gid, 0);
    put_octal(h.size, sizeof h.size, size);
    put_octal(h.mtime, sizeof h.mtime, CLI_TAR_TIME);
    put_octal(h.sum, sizeof h.sum - 1, sum_of(&h));
    h.sum[sizeof h.sum - 1] = ' ';
    fwrite(&h, sizeof h, 1, to);
    fwrite(bytes, 1, size, to);
    fwrite(zeros, 1, padding(size), to);
}

void cli_tar_end(FILE *to)
{
    static const char zeros[2 * BLOCK];
    fwrite(zeros, 1, sizeof zeros, to);
}

/* False when the field is no number. */
static bool get_octal(const char *field, size_t size, size_t *value)
{
    size_t i = 0;
    *value = 0;
    while (i < size && field[i] == ' ')
        i++;
    const size_t first = i;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value * 8 + (size_t)(field[i] - '0');
    return i > first && (i == size || field[i] == '\0' || field[i] == ' ');
}

static bool is_plain(int c)
{
    return isalnum(c) || (c && strchr("_-.,+=:@", c));
}

/* Parts of plain characters, none of which begins with a dot, save our own two files. */
static bool is_safe(const char *name)
{
    if (!strcmp(name, ".plan") || !strcmp(name, ".exit_code"))
        return true;
    for (const char *part = name;; part++) {
        if (*part == '.' || *part == '-' || !is_plain((unsigned char)*part))
            return false;
        while (is_plain((unsigned char)*part))
            part++;
        if (*part != '/')
            return !*part;
    }
}

static int add(struct cli_tar *t, const char *name, const unsigned char *bytes, size_t size, size_t at,
               struct qk_error *err)
{
    if (!is_safe(name))
        return qk_fail(err, QK_ERR_FORMAT, NULL,
                       "the name '%.100s' at byte %zu is refused: expected parts of letters, digits and "
                       "_-.,+=:@ that begin with a letter or digit",
                       name, at);
    if (cli_tar_find(t, name))
        return qk_fail(err, QK_ERR_FORMAT, NULL, "holds the file %.100s twice, again at byte %zu", name, at);
    if (t->count == CLI_TAR_FILES)
        return qk_fail(err, QK_ERR_FORMAT, NULL, "holds more than %d files", CLI_TAR_FILES);
    struct cli_tar_file *const f = &t->files[t->count++];
    *f = (struct cli_tar_file){.bytes = bytes, .size = size};
    strcpy(f->name, name);
    return 0;
}

static bool is_zero(const unsigned char *block)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (block[i])
            return false;
    return true;
}

/* Reads the header at *at and moves *at behind what belongs to it. */
static int read_one(struct cli_tar *t, const unsigned char *bytes, size_t size, size_t *at,
                    struct qk_error *err)
{
    struct header h;
    char name[CLI_TAR_NAME] = "";
    size_t sum, length;
    memcpy(&h, bytes + *at, sizeof h);
    memcpy(name, h.name, sizeof h.name);
    if (memcmp(h.magic, "ustar", 5) != 0 || !get_octal(h.sum, sizeof h.sum, &sum) || sum != sum_of(&h))
        return qk_fail(err, QK_ERR_FORMAT, NULL, "is no tar: no header at byte %zu", *at);
    if (h.type != '0' && h.type != '\0' && h.type != '5')
        return qk_fail(err, QK_ERR_FORMAT, NULL,
                       "holds %.100s of type '%c' at byte %zu: expected files alone", name,
                       isprint((unsigned char)h.type) ? h.type : '?', *at);
    if (*h.prefix)
        return qk_fail(err, QK_ERR_FORMAT, NULL, "the name at byte %zu has more than 100 bytes", *at);
    if (!get_octal(h.size, sizeof h.size, &length) || (h.type == '5' && length))
        return qk_fail(err, QK_ERR_FORMAT, NULL, "%.100s has no size at byte %zu", name, *at);
    const size_t begin = *at + BLOCK;
    if (length > size - begin || padding(length) > size - begin - length)
        return qk_fail(err, QK_ERR_IO, NULL, "is torn: it ends within %.100s, at byte %zu", name, size);
    const size_t here = *at;
    *at = begin + length + padding(length);
    return h.type == '5' ? 0 : add(t, name, bytes + begin, length, here, err);
}

int cli_tar_read(struct cli_tar *t, const unsigned char *bytes, size_t size, struct qk_error *err)
{
    size_t at = 0;
    int code = 0;
    t->count = 0;
    while (!code) {
        if (size - at < BLOCK)
            return qk_fail(err, QK_ERR_IO, NULL, "is torn: it has no end at byte %zu", size);
        if (is_zero(bytes + at))
            return 0;
        code = read_one(t, bytes, size, &at, err);
    }
    return code;
}

const struct cli_tar_file *cli_tar_find(const struct cli_tar *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->files[i].name, name))
            return &t->files[i];
    return NULL;
}
