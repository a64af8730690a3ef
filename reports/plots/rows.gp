# SPDX-License-Identifier: MIT
# Rows from top to bottom, a name and marks or bars in each. Where it is narrow, names stand above their marks.
set yrange [rows : 0]
unset ytics
low = number("xlow", 0)
high = number("xhigh", 1)
if (head("topticks") ne "") {
    set x2range [low : high]
    set x2tics scale 0 () textcolor rgb ink
    pairs = words(head("topticks")) / 2
    do for [i = 1 : pairs] { set x2tics add (word(head("topticks"), 2 * i - 1) parsed(word(head("topticks"), 2 * i))) }
    set label head("toplabel") at screen across(middle), down(top - 32) center tc rgb ink noenhanced
}
is_named(kind) = kind eq "mark" || kind eq "none" || kind eq "bars"
# Where a row has its marks, and where its name.
at_mark(y) = narrow ? y + 0.5 - 11.0 / row : y
at_name(y) = narrow ? y - 0.5 + (7.0 * lines + 2) / row : y
# A line across ends below the name.
from_of(y) = narrow ? at_mark(y) - 10.0 / row : y - 0.5
half = 8.0 / row
cap = 4.0 / row
shape(k) = k == 2 ? 13 : 7
colour_of(k) = k eq "goal" ? green : k eq "margin" ? red : k eq "limit" ? grey : 0x57606a
dash_of(k) = k eq "goal" ? 2 : k eq "margin" ? 2 : k eq "limit" ? 3 : 1
wide_of(k) = k eq "goal" ? 2 : 1.5
bold = sprintf("sans-serif:Bold,%d", size12)
align = narrow ? "left" : "right offset -0.8, 0"
plot data using (only("band", 5)):2:5:6:(from_of($2)):($2 + 0.5) \
         with boxxyerror fill solid 1 noborder lc rgb soft title head("band"), \
     for [k in "one margin limit goal"] data using (only(k, 5)):(from_of($2)):(0):($2 + 0.5 - from_of($2)) \
         with vectors nohead lc rgb colour_of(k) lw wide_of(k) dt dash_of(k) title head(k), \
     for [k = 0 : 7] data using (is("part") && $8 == k ? $5 : NaN):2:5:6:(at_mark($2) - half):(at_mark($2) + half) \
         with boxxyerror fill solid 1 noborder lc rgb part_colour(k) title head("part".k), \
     for [k in "0 2"] data using (is("bar") && $8 == int(k) ? $5 : NaN):2:5:6:(at_mark($2) - half):(at_mark($2) + (head("claim") eq "" ? half : 0)) \
         with boxxyerror fill solid 1 noborder lc rgb tone_colour(int(k)) title head(k eq "0" ? "bar" : "worse"), \
     data using (only("claim", 5)):2:5:6:(at_mark($2) + half * 0.15):(at_mark($2) + half) \
         with boxxyerror fill empty border rgb ink lc rgb ink lw 1.2 title head("claim"), \
     for [k = 0 : 4] data using (is("mark") && $8 == k ? $5 : NaN):(at_mark($2)):($6 - $5):(0) with vectors nohead lw 2 lc rgb tone_colour(k) notitle, \
     for [end = 5 : 6] for [k = 0 : 4] data using (is("mark") && $8 == k ? column(end) : NaN):(at_mark($2) - cap):(0):(2 * cap) \
         with vectors nohead lw 2 lc rgb tone_colour(k) notitle, \
     for [k = 0 : 4] data using (is("mark") && $8 == k ? $4 : NaN):(at_mark($2)) \
         with points pt shape(k) ps 0.9 lc rgb tone_colour(k) title k == 0 ? head("measured") : "", \
     data using 7:(is("mark") || is("none") ? at_mark($2) : NaN) with points pt 12 ps 0.8 lw 2 lc rgb red title head("claimed"), \
     data using (low):(is_named(strcol(1)) ? at_name($2) : NaN):(broken(strcol(3))) \
         with labels @align noenhanced notitle, \
     data using (low):(is("group") ? at_name($2) : NaN):3 with labels @align font bold noenhanced notitle, \
     data using (high):(is_named(strcol(1)) ? at_mark($2) : NaN):(strcol(narrow ? 9 : 10)) \
         with labels left offset 0.8, 0 noenhanced notitle
