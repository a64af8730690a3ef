# SPDX-License-Identifier: MIT
# Drawn by `gnuplot FILE.gp`, in the folder that has FILE.tsv beside it. QKBENCH_FORMAT may be svg, png or pdf.
#
# The shell sees constant commands only, and texts come back as strings that are shown without markup. So no name can
# be taken for code.
variable(name) = system('printf %s "$'.name.'"')
given(text, other) = text eq "" ? other : text
set encoding utf8
data = given(variable("QKBENCH_TSV"), this.".tsv")
format = given(variable("QKBENCH_FORMAT"), "svg")
image = given(variable("QKBENCH_IMAGE"), this.".".format)

# The lines behind '#' of the data, each "# key: text".
heads = "\n".system('grep "^# " < "${QKBENCH_TSV:-'.this.'.tsv}"')."\n"
line_of(text) = text[1 : strstrt(text, "\n") - 1]
head(key) = (at = strstrt(heads, "\n# ".key.": "), at ? line_of(heads[at + strlen(key) + 5 : *]) : "")
# real() refuses 1e+05 and takes 1.0e+05.
parsed(text) = (e = strstrt(text, "e"), e && !strstrt(text, ".") ? real(text[1 : e - 1].".0".text[e : *]) : real(text))
number(key, other) = head(key) eq "" ? other : parsed(head(key))
# A '|' in a text is where its line ends.
broken(text) = (bar = strstrt(text, "|"), bar ? text[1 : bar - 1]."\n".broken(text[bar + 1 : *]) : text)

# In pixels. A picture of a page has a width, and its title and caption stand beside it.
bare = variable("QKBENCH_WIDTH") ne ""
width = int(given(variable("QKBENCH_WIDTH"), "900"))
narrow = width < 500
letter = 7.0
set datafile separator "\t"
set datafile commentschars "#"

# Okabe and Ito. The page's style sheet has others for a dark screen.
ink = "#57606a"
soft = "#d8dee4"
blue = 0x0072b2; orange = 0xe69f00; green = 0x009e73; rose = 0xcc79a7; sky = 0x56b4e9; red = 0xd55e00; olive = 0xb3a600
grey = 0x9aa3ac
palette8 = sprintf("%d %d %d %d %d %d %d %d", blue, orange, green, rose, sky, red, olive, grey)
part_colour(k) = int(word(palette8, int(k) + 1))
tone_colour(k) = k == 2 ? red : k == 3 ? orange : k == 4 ? grey : blue

keys = "measured claimed claim bar worse goal one limit band margin peak roof0 roof1 roof2 roof3"
do for [k = 0 : 24] { keys = keys.(k < 8 ? " part".k : "")." series".k }
# The legend.
legend = 0
longest = 0
do for [key in keys] {
    if (head(key) ne "") { legend = legend + 1; longest = strlen(head(key)) > longest ? strlen(head(key)) : longest }
}
title_height = bare ? 0 : 30
line_below(key) = head(key) eq "" ? "" : head(key)."\n"
caption = line_below("about").line_below("left").line_below("wide").broken(head("caption"))
caption_lines = number("captions", 1) + (head("about") ne "") + (head("left") ne "") + (head("wide") ne "")
caption_height = bare ? 0 : 14 * caption_lines + 10

# In pixels: the margins of the plot, and inner is its height.
rows = int(number("rows", 0))
lines = int(number("lines", 1))
row = narrow ? 14 * lines + 21 : 14 * lines + 7
left = rows == 0 ? 56 : narrow ? 14 : 20 + letter * number("names", 0)
right = rows == 0 ? 24 : 16 + letter * number(narrow ? "briefs" : "texts", 0)
# gnuplot gives the legend the width of the plot.
columns = int((width - left - right) / (longest * 7.5 + 55))
columns = columns < 1 ? 1 : columns
legend_height = legend > 0 ? 16 * ceil(legend / real(columns)) + 8 : 0
top = title_height + legend_height + (head("topticks") ne "" ? 42 : head("ylabel") ne "" ? 26 : 8)
bottom = 48 + caption_height
inner = rows > 0 ? row * rows : narrow ? 300 : 380
height = int(top + inner + bottom)
if (format eq "svg") { set terminal svg size width,height font "sans-serif,12" background "white" }
if (format eq "png") { set terminal pngcairo size width,height font "sans-serif,9" background "white" }
if (format eq "pdf") { set terminal pdfcairo size width / 96.0,height / 96.0 font "sans-serif,9" background "white" }
size12 = format eq "svg" ? 12 : 9
set output image
across(x) = x / real(width)
down(y) = 1 - y / real(height)
set lmargin at screen across(left)
set rmargin at screen across(width - right)
set tmargin at screen down(top)
set bmargin at screen down(height - bottom)
set tics textcolor rgb ink nomirror
set border 0
set grid lc rgb soft lw 1 dt solid
if (!bare) {
    set label head("title") at screen across(12), down(18) left font sprintf("sans-serif:Bold,%g", size12 * 1.15) noenhanced
    set label caption at screen across(12), down(height - caption_height + 8) left font sprintf("sans-serif,%g", size12 * 0.85) tc rgb ink noenhanced
}
middle = narrow ? width / 2.0 : left + (width - left - right) / 2.0
set label head("xlabel") at screen across(middle), down(height - caption_height - 12) center tc rgb ink noenhanced
set key horizontal maxcols columns at screen across(8), down(title_height) left top Left reverse noenhanced samplen 2.5 tc rgb ink
if (number("xlog", 0)) { set logscale x }
if (number("ylog", 0)) { set logscale y }
if (head("xlow") ne "") {
    set xrange [number("xlow", 0) : number("xhigh", 1)]
    set xtics scale 0 ()
    do for [t in head("xticks")] { set xtics add (t parsed(t)) }
}
if (head("ylow") ne "") {
    set yrange [number("ylow", 0) : number("yhigh", 1)]
    set ytics scale 0 ()
    do for [t in head("yticks")] { set ytics add (t parsed(t)) }
}
is(kind) = strcol(1) eq kind
only(kind, c) = is(kind) ? column(c) : NaN
