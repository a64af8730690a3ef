/* SPDX-License-Identifier: MIT */
/* What all sections are framed with. */
#include "reports/page/private.h"

#include <stdarg.h>

void report_page_section(FILE *to, const char *id, const char *head)
{
    fprintf(to, "<section id=\"%s\"><h2>%s</h2>\n", id, head);
}

void report_page_caption(FILE *to, const struct report_result *r, const char *fmt, ...)
{
    char text[400], caption[REPORT_CAPTION];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    report_page_in(to, "<figcaption>", text, " ");
    report_page_in(to, "", report_result_caption(caption, r), "</figcaption>\n");
}

/* Both widths; the style sheet shows the one that fits. */
void report_page_pictures(const struct report_page_parts *p, size_t of)
{
    const struct report_pictures *all = p->pictures;
    for (size_t i = 0; i < all->count; i++) {
        const struct report_picture *picture = &all->list[i];
        if (picture->of != of)
            continue;
        report_page_in(p->to, "<figure><h3>", picture->title, "</h3>\n");
        for (int w = 0; w < REPORT_WIDTHS; w++)
            fputs(picture->svg[w], p->to);
        report_page_caption(p->to, &p->page->results[of], "%s", picture->about);
        fputs("</figure>\n", p->to);
    }
}

void report_page_missing(const struct report_page_parts *p)
{
    const struct report_pictures *all = p->pictures;
    if (all->missing) {
        fprintf(p->to, "<p>%zu overview plot%s missing: ", all->missing, all->missing == 1 ? " is" : "s are");
        report_page_in(p->to, "", all->why, ".</p>\n");
    }
    if (all->left_out)
        fprintf(p->to, "<p>Of a plot with a picture for each op, the first %d are drawn.</p>\n",
                REPORT_PICTURES_MAX);
}
