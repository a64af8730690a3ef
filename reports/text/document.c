/* SPDX-License-Identifier: MIT */
/* The report in its two forms, text and markdown. A renderer for each form writes the same tables. */
#include "reports/text/content.h"
#include "reports/text/e2e.h"
#include "reports/text/judged/audit.h"
#include "reports/text/judged/campaign.h"

/* The end-to-end section stands behind everything else. */
static int write_tables(const struct report_input *in, FILE *to, report_render *render, const char *what,
                        struct qk_error *err)
{
    struct report_tables all = {0};
    report_add_content(&all, in);
    if (in->audit)
        report_add_audit(report_tables_add(&all), in->audit);
    for (size_t i = 0; i < in->audit_count; i++)
        report_add_audit(report_tables_add(&all), &in->audits[i]);
    if (in->campaign)
        report_campaign_add(&all, in->campaign);
    if (in->e2e_audit)
        report_add_e2e(&all, in->e2e, in->e2e_audit);
    return report_tables_write(&all, true, render, what, to, err);
}

int report_text(const struct report_input *in, FILE *to, struct qk_error *err)
{
    return write_tables(in, to, report_table_text, "the text report", err);
}

int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err)
{
    return write_tables(in, to, report_table_markdown, "the markdown report", err);
}
