/* SPDX-License-Identifier: MIT */
/* What a comment on a pull request needs: the verdict in a line, the worst five, and the rest folded away. */
#include "harness/records/files/outfile.h"
#include "reports/forms/private.h"
#include "reports/page/private.h"

#include <stdlib.h>
#include <string.h>

enum { WORST = 5 };

static int table(FILE *to, const struct report_page_cases *cases, size_t from, size_t end,
                 const struct report_page_verdict *v, struct qk_error *err)
{
    struct report_tables all = {0};
    struct report_table *const t = report_tables_add(&all);
    char text[REPORT_RATIO];
    if (v)
        report_table_title(t, "%s: %s", v->word, v->sentence);
    if (from == end)
        report_table_facts(t); /* the title alone */
    else
        report_table_columns(t, "lrl", "case", cases->of->gate ? "change of time" : "speed-up", "verdict");
    for (size_t i = from; i < end; i++) {
        const struct report_page_case *c = cases->ranked[i];
        report_table_cell(t, "%s%s%s%s%s", c->op, *c->variant ? "/" : "", c->variant, *c->shape ? "/" : "",
                          c->shape);
        if (cases->of->gate && cases->of->gate->results[c->at].timed)
            report_change(text, &cases->of->gate->results[c->at]);
        else
            report_ratio(text, &c->ratio);
        report_table_texts(t, text, c->word, NULL);
    }
    return report_tables_write(&all, true, report_table_markdown, "the comment", to, err);
}

/* With the first `most` cases. */
static int write_comment(FILE *to, const struct report_page_cases *cases, const struct report_page_verdict *v,
                         size_t most, struct qk_error *err)
{
    const size_t worst = most < WORST ? most : WORST;
    int code = table(to, cases, 0, worst, v, err);
    if (!code && most > worst) {
        fprintf(to, "\n<details><summary>%zu more cases</summary>\n\n", most - worst);
        code = table(to, cases, worst, most, NULL, err);
        fputs("\n</details>\n", to);
    }
    if (most < cases->ranked_count)
        fprintf(to, "\nLeft out: %zu cases.\n", cases->ranked_count - most);
    return code;
}

int report_page_markdown(FILE *to, const struct report_page_cases *cases, const struct report_page_verdict *v,
                         size_t most, void (*put)(FILE *to, const char *text), struct qk_error *err)
{
    char *text = NULL;
    size_t size = 0;
    int code = 0;
    most = most < cases->ranked_count ? most : cases->ranked_count;
    do {
        /* Rows differ in length, so that the first guess may still be too many. */
        if (text)
            most = (size_t)((double)most * 0.95 * REPORT_COMMENT / (double)size);
        free(text);
        text = NULL;
        FILE *const memory = open_memstream(&text, &size);
        code = memory ? write_comment(memory, cases, v, most, err)
                      : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the comment");
        if (memory)
            fclose(memory);
    } while (!code && size > REPORT_COMMENT && most);
    if (!code)
        put(to, text);
    free(text);
    return code;
}
