/* SPDX-License-Identifier: MIT */
#include "reports/plots/scale.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { DECIMALS_MOST = 6 };

void report_svg_range_add(struct report_svg_range *r, double x)
{
    r->low = isfinite(x) ? fmin(r->low, x) : r->low;
    r->high = isfinite(x) ? fmax(r->high, x) : r->high;
}

static bool put_tick(struct report_svg_scale *s, double x, size_t most)
{
    if (s->count == most)
        return false;
    s->tick[s->count++] = x;
    return true;
}

/* Ticks at 1, 2 and 5 of each power of ten, or the first of them alone, or every `skip`th power. */
static bool log_ticks(struct report_svg_scale *s, size_t per_decade, int skip, size_t most)
{
    static const double digit[3][3] = {{1}, {1, 3}, {1, 2, 5}};
    const double slack = 1e-9;
    s->count = 0;
    for (int power = (int)floor(log10(s->low)); power <= (int)ceil(log10(s->high)); power++)
        for (size_t i = 0; i < per_decade && power % skip == 0; i++) {
            const double x = digit[per_decade - 1][i] * pow(10, power);
            if (x >= s->low * (1 - slack) && x <= s->high * (1 + slack) && !put_tick(s, x, most))
                return false;
        }
    return s->count >= 2;
}

static bool even_ticks(struct report_svg_scale *s, double step, size_t most)
{
    s->count = 0;
    for (double n = ceil(s->low / step - 1e-6); n * step <= s->high + 1e-6 * step; n++)
        if (!put_tick(s, n * step, most))
            return false;
    s->decimals = (int)fmax(0, ceil(-log10(step) - 1e-9));
    return true;
}

void report_svg_scale_make(struct report_svg_scale *s, bool log, double low, double high, size_t most)
{
    *s = (struct report_svg_scale){.low = low, .high = high, .log = log};
    if (!(s->low < s->high)) { /* one value, or none */
        s->low = isfinite(low) ? low - (log ? low / 10 : 1) : log ? 0.5 : 0;
        s->high = isfinite(low) ? low + (log ? low / 10 : 1) : log ? 2 : 1;
    }
    if (log) {
        const double by = pow(s->high / s->low, 0.04);
        s->low /= by;
        s->high *= by;
        for (size_t per = 3; per; per--)
            if (s->high / s->low > 4 && log_ticks(s, per, 1, most))
                return;
        for (int skip = 2; s->high / s->low > 4 && skip < 40; skip++)
            if (log_ticks(s, 1, skip, most))
                return;
    } else {
        const double by = 0.04 * (s->high - s->low);
        s->low -= s->low == 0 ? 0 : by;
        s->high += by;
    }
    static const double steps[] = {1, 2, 5};
    const double least = pow(10, floor(log10((s->high - s->low) / (double)most)));
    for (int i = 0; i < 9; i++)
        if (even_ticks(s, steps[i % 3] * least * pow(10, i / 3), most))
            return;
}

void report_svg_tick(const struct report_svg_scale *s, double x, FILE *to)
{
    const double shown = x + 0.0; /* -0 is 0 */
    if (s->decimals && (s->decimals <= DECIMALS_MOST || fabs(x) >= 1e-3)) {
        fprintf(to, "%.*f", (int)fmin(s->decimals, DECIMALS_MOST), shown);
    } else if (!s->decimals && fabs(x) < 1e5) {
        fprintf(to, "%g", shown);
    } else { /* as few digits as tell it */
        char text[40];
        for (int digits = 1; digits <= DBL_DIG; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, shown);
            if (fabs(strtod(text, NULL) - x) <= 1e-9 * fabs(x))
                break;
        }
        fputs(text, to);
    }
}

double report_svg_at(const struct report_svg_scale *s, double x)
{
    const double at = s->log ? log(x / s->low) / log(s->high / s->low) : (x - s->low) / (s->high - s->low);
    return fmin(1.02, fmax(-0.02, at));
}
