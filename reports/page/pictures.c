/* SPDX-License-Identifier: MIT */
#include "reports/page/pictures.h"

#include "reports/page/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned widths[REPORT_WIDTHS] = {[REPORT_WIDE] = 720, [REPORT_NARROW] = 328};

/* Files of one picture, in a folder of their own. */
struct desk {
    char folder[300], tsv[330], script[330], image[330];
};

static int open_desk(struct desk *d, struct qk_error *err)
{
    const char *tmp = getenv("TMPDIR");
    const int n =
        snprintf(d->folder, sizeof d->folder, "%s/qkbench-plots-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (n >= (int)sizeof d->folder || !mkdtemp(d->folder)) {
        qk_fail(err, QK_ERR_IO, tmp && *tmp ? tmp : "/tmp", "no folder for plots can be made here: %s",
                n >= (int)sizeof d->folder ? "its name is too long" : strerror(errno));
        *d->folder = '\0';
        return QK_ERR_IO;
    }
    snprintf(d->tsv, sizeof d->tsv, "%s/plot.tsv", d->folder);
    snprintf(d->script, sizeof d->script, "%s/plot.gp", d->folder);
    snprintf(d->image, sizeof d->image, "%s/plot.svg", d->folder);
    return 0;
}

static void close_desk(const struct desk *d)
{
    if (!*d->folder)
        return;
    unlink(d->tsv);
    unlink(d->script);
    unlink(d->image);
    rmdir(d->folder);
}

static int put_file(const char *path, const struct report_plot *plot, const char *text, struct qk_error *err)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return qk_fail(err, QK_ERR_IO, path, "cannot be written: %s", strerror(errno));
    int code = 0;
    if (plot)
        code = report_plot_script(plot, "plot", f, err);
    else
        fputs(text, f);
    if (fclose(f) != 0 && !code)
        code = qk_fail(err, QK_ERR_IO, path, "cannot be written: %s", strerror(errno));
    return code;
}

static char *get_file(const char *path)
{
    char *text = NULL;
    FILE *f = fopen(path, "re");
    const long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (size > 0)
        text = calloc((size_t)size + 1, 1);
    if (text) {
        rewind(f);
        text[fread(text, 1, (size_t)size, f)] = '\0';
    }
    if (f)
        fclose(f);
    return text;
}

/* Elements without content draw nothing. Returns where the last one that `end` closes begins, or `end`. */
static char *without_empty(char *begin, char *end)
{
    char *at = end;
    while (at > begin && at[-1] == ' ')
        at--;
    if (at == begin || at[-1] != '>')
        return end;
    for (at--; at > begin && *at != '<'; at--)
        continue;
    return !strncmp(at, "<g ", 3) || !strncmp(at, "<g>", 3) ? at : end;
}

/*
 * A part of gnuplot's file without what says nothing. Each name of a mark gets `prefix`, or those of two
 * pictures were one. `to` has room for all of it. Returns its end.
 */
static char *put_part(const char *text, const char *end, const char *prefix, char *to)
{
    static const char *const names[] = {" id='", " id=\"", "href='#", NULL};
    static const char *const shorter[][2] = {{" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", ""},
                                             {" font-family=\"sans-serif\"", ""},
                                             {" font-size=\"12.00\"", ""},
                                             {"<use xlink:", "<use "},
                                             {NULL, NULL}};
    char *const begin = to;
    while (text < end) {
        size_t i = 0, k = 0;
        while (names[i] && strncmp(text, names[i], strlen(names[i])) != 0)
            i++;
        while (*shorter[k] && strncmp(text, *shorter[k], strlen(*shorter[k])) != 0)
            k++;
        if (names[i]) {
            to = stpcpy(stpcpy(to, names[i]), prefix);
            text += strlen(names[i]);
        } else if (*shorter[k]) {
            to = stpcpy(to, shorter[k][1]);
            text += strlen(*shorter[k]);
        } else if (!strncmp(text, "</g>", 4)) {
            char *const empty = without_empty(begin, to);
            to = empty == to ? stpcpy(to, "</g>") : empty;
            text += 4;
        } else if (strchr(" \t\n", *text)) {
            *to = ' ';
            to += to == begin || to[-1] != ' ';
            text++;
        } else {
            *to++ = *text++;
        }
    }
    return to;
}

/*
 * gnuplot's file as an element of HTML, which the caller frees. It is without the background, the filters
 * that nobody uses, and what stands before them. NULL when the file is not as it always was, or without
 * memory.
 */
static char *as_element(const char *svg, const char *name, const char *prefix, int width)
{
    const char *box = strstr(svg, "viewBox=\""), *begin = box ? strstr(box, "<defs>") : NULL,
               *filters = begin ? strstr(begin, "<filter") : NULL,
               *rest = filters ? strstr(filters, "</defs>") : NULL,
               *end = rest ? strstr(rest, "</g>\n</svg>") : NULL;
    int x, y;
    if (!end || sscanf(box, "viewBox=\"0 0 %d %d\"", &x, &y) != 2)
        return NULL;
    char *element = NULL, *part = malloc((size_t)(end - begin) * (strlen(prefix) + 1) + 1);
    size_t size;
    FILE *to = part ? open_memstream(&element, &size) : NULL;
    if (to) {
        *put_part(rest, end, prefix, put_part(begin, filters, prefix, part)) = '\0';
        fprintf(to,
                "<svg class=\"plot %s\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
                "aria-label=\"",
                width == REPORT_WIDE ? "wide" : "narrow", x, y, x, y);
        report_page_text(to, name);
        fprintf(to, "\">%s</svg>", part);
        if (fclose(to) != 0) {
            free(element);
            element = NULL;
        }
    }
    free(part);
    return element;
}

/* A head of a .tsv into `to`, with a blank behind it; nothing where there is none. */
static void put_head(const char *tsv, const char *key, FILE *to)
{
    char line[40];
    snprintf(line, sizeof line, "# %.30s: ", key);
    const char *head = strstr(tsv, line);
    if (head)
        fprintf(to, "%.*s ", (int)strcspn(head + strlen(line), "\n"), head + strlen(line));
}

/* These heads, one behind the other. The caller frees them; NULL without memory. */
static char *heads(const char *tsv, const char *const *keys)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    for (; to && *keys; keys++)
        put_head(tsv, *keys, to);
    if (to && fclose(to) != 0) {
        free(text);
        text = NULL;
    }
    if (text && size)
        text[size - 1] = '\0';
    return text;
}

static int draw(struct report_picture *picture, const struct desk *d, size_t number, bool (*stop)(void),
                struct qk_error *err)
{
    for (int w = 0; w < REPORT_WIDTHS; w++) {
        char prefix[40];
        const struct report_drawing drawing = {.script = d->script,
                                               .tsv = d->tsv,
                                               .image = d->image,
                                               .format = "svg",
                                               .width = widths[w],
                                               .stop = stop};
        const int code = report_gnuplot(&drawing, err);
        if (code)
            return code;
        char *svg = get_file(d->image);
        snprintf(prefix, sizeof prefix, "p%zu%c-", number, w == REPORT_WIDE ? 'w' : 'n');
        picture->svg[w] = svg ? as_element(svg, picture->title, prefix, w) : NULL;
        free(svg);
        if (!picture->svg[w])
            return qk_fail(err, QK_ERR_IO, picture->plot->name,
                           "gnuplot's SVG is not of the form that a page takes");
    }
    return 0;
}

static void free_picture(struct report_picture *picture)
{
    free(picture->title);
    free(picture->about);
    for (int w = 0; w < REPORT_WIDTHS; w++)
        free(picture->svg[w]);
}

/* Draws one, or counts it as missing for the first reason there was. */
static int add(struct report_pictures *p, const struct desk *d, struct report_picture picture,
               const char *tsv, bool (*stop)(void), struct qk_error *err)
{
    picture.title = heads(tsv, (const char *const[]){"title", NULL});
    picture.about = heads(tsv, (const char *const[]){"about", "left", "wide", NULL});
    struct report_picture *more = realloc(p->list, (p->count + 1) * sizeof *p->list);
    p->list = more ? more : p->list;
    int code = !more || !picture.title || !picture.about
                   ? qk_fail(err, QK_ERR_MEMORY, picture.plot->name, "no memory for a plot")
                   : 0;
    /* Where there is no gnuplot, there will be none for the next one. */
    if (!code && !*p->why)
        code = put_file(d->script, picture.plot, NULL, err);
    if (!code && !*p->why)
        code = put_file(d->tsv, NULL, tsv, err);
    if (!code && !*p->why)
        code = draw(&picture, d, p->count, stop, err);
    if (!code && !*p->why) {
        p->list[p->count++] = picture;
        return 0;
    }
    free_picture(&picture);
    p->missing++;
    if (code == QK_ERR_INTERRUPTED || code == QK_ERR_MEMORY)
        return code;
    if (code)
        snprintf(p->why, sizeof p->why, "%.390s", err->text);
    return 0;
}

int report_pictures_make(struct report_pictures *p, const struct report_results *all, bool (*stop)(void),
                         struct qk_error *err)
{
    struct desk desk;
    struct qk_error why;
    *p = (struct report_pictures){0};
    if (open_desk(&desk, &why))
        snprintf(p->why, sizeof p->why, "%.390s", why.text);
    int code = 0;
    for (size_t of = 0; of < all->count && !code; of++)
        for (const struct report_plot *plot = report_plots; plot->name && !code; plot++) {
            bool more = plot->on_pages;
            for (size_t n = 0; more && !code; n++) {
                char *tsv = NULL;
                code = report_plot_tsv(plot, all, of, n, &tsv, err);
                more = tsv != NULL && n < REPORT_PICTURES_MAX;
                if (more)
                    code = add(p, &desk, (struct report_picture){.plot = plot, .of = of}, tsv, stop, err);
                else if (tsv)
                    p->left_out = true;
                free(tsv);
            }
        }
    close_desk(&desk);
    return code;
}

void report_pictures_free(struct report_pictures *p)
{
    for (size_t i = 0; i < p->count; i++)
        free_picture(&p->list[i]);
    free(p->list);
    *p = (struct report_pictures){0};
}
