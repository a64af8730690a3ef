/* SPDX-License-Identifier: MIT */
/* What all sections are framed with. */
#include "reports/page/private.h"

#include <stdarg.h>

const struct bench_environment *report_page_environment(const struct report_result *r)
{
    return r->gate                 ? &r->gate->env
           : r->run && r->run->set ? &r->run->set->env
           : r->run                ? &r->run->e2e->env
           : r->ceilings           ? &r->ceilings->env
           : r->breakdown          ? &r->breakdown->env
                                   : NULL;
}

const char *report_page_kind(const struct report_result *r)
{
    return r->gate                 ? "Gate"
           : r->run && r->run->set ? "Run"
           : r->run                ? "Whole model"
           : r->ceilings           ? "Ceilings of the machine"
           : r->breakdown          ? "Breakdown"
                                   : "Doctor";
}

void report_page_section(FILE *to, const char *id, const char *head)
{
    fprintf(to, "<section id=\"%s\"><h2>%s</h2>\n", id, head);
}

void report_page_caption(FILE *to, const struct report_result *r, const char *fmt, ...)
{
    const struct bench_environment *env = report_page_environment(r);
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    report_page_in(to, "<figcaption>", text, " ");
    if (env)
        report_page_say(to, "%s, commit %s%s%s. ", env->cpu_name, env->commit, *env->date ? ", " : "",
                        env->date);
    report_page_in(to, "From ", r->file, ".</figcaption>\n");
}
