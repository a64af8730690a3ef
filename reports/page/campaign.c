/* SPDX-License-Identifier: MIT */
/* How often the gate is right, as runs on builds with a known difference found it. */
#include "reports/page/private.h"

#include "reports/text/judged/campaign.h"

#include <assert.h>

/* A form of a table for report_tables_write. */
static void table_html(const struct report_table *t, FILE *to)
{
    assert(!t->failed && !t->facts && t->column_count > 0);
    report_page_in(to, "<h3>", t->title, "</h3>\n<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    for (size_t c = 0; c < t->column_count; c++)
        report_page_in(to, t->columns[c].right ? "<th scope=\"col\" class=\"r\">" : "<th scope=\"col\">",
                       t->columns[c].head, "</th>");
    fputs("</tr></thead><tbody>\n", to);
    for (size_t i = 0; i < t->cells.count; i++) {
        const size_t c = i % t->column_count;
        report_page_in(to, c ? t->columns[c].right ? "<td class=\"r\">" : "<td>" : "<tr><th scope=\"row\">",
                       t->cells.text[i], c ? "</td>" : "</th>");
        fputs(c + 1 == t->column_count ? "</tr>\n" : "", to);
    }
    fputs("</tbody></table></div>\n", to);
    for (size_t i = 0; i < t->notes.count; i++) {
        fprintf(to, "<p><small>[%zu] ", i + 1);
        report_page_in(to, "", t->notes.text[i], "</small></p>\n");
    }
}

int report_page_campaign(const struct report_page_parts *p, struct qk_error *err)
{
    struct report_tables all = {0};
    if (!p->page->campaign)
        return 0;
    report_page_section(p->to, "campaign", "How often the gate is right");
    fputs(
        "<p>The gate ran on builds whose difference is known. A false alarm is a REGRESSION of an unchanged "
        "build. A slowed case is caught when it is a REGRESSION. Intervals hold the true rate with 95 % "
        "probability (Clopper-Pearson).</p>\n",
        p->to);
    report_campaign_add(&all, p->page->campaign);
    const int code = report_tables_write(&all, false, table_html, "the page's campaign", p->to, err);
    fputs("</section>\n", p->to);
    return code;
}
