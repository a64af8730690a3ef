/* SPDX-License-Identifier: MIT */
#include "harness/cli/report/page.h"

#include "harness/cli/cli.h"
#include "harness/cli/out.h"
#include "reports/page/page.h"

enum { HTML, COMMENT, FILES };

static int write_files(const struct report_results *all, const struct report_pictures *pictures,
                       const struct cli_page *o, struct qk_error *err)
{
    struct cli_out out[FILES] = {[HTML] = {.option = "--html", .path = o->html},
                                 [COMMENT] = {.option = "--comment", .path = o->comment}};
    int code = 0;
    for (size_t i = 0; i < all->count && !code; i++)
        code = cli_out_spares(out, FILES, "RESULT", all->results[i].file, err);
    if (!code)
        code = cli_out_spares(out, FILES, "--trace", o->trace, err);
    if (!code)
        code = cli_out_open(out, FILES, err);
    if (!code && o->html)
        code = report_page(all, pictures, out[HTML].file.stream, err);
    if (!code && o->comment)
        code = report_comment(all, out[COMMENT].file.stream, err);
    if (!code)
        code = cli_out_commit(out, FILES, err);
    cli_out_abort(out, FILES);
    for (int i = 0; i < FILES && !code; i++)
        if (out[i].path && cli_out_text(&out[i], 1) == stdout)
            cli_say("wrote %s", out[i].path);
    return code;
}

int cli_page(const struct cli_page *o, const struct report_results *all, struct qk_error *err)
{
    struct report_pictures pictures = {0};
    int code = o->html ? report_pictures_make(&pictures, all, cli_stop, err) : 0;
    if (!code)
        code = write_files(all, &pictures, o, err);
    report_pictures_free(&pictures);
    return code;
}
