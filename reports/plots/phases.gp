# SPDX-License-Identifier: MIT
# The phase plot: speed-up over the reference for every rung of the ladder and every shape, with 95 % intervals.
# By hand: QKBENCH_TSV=phases.tsv QKBENCH_IMAGE=phases.svg QKBENCH_FORMAT=svg gnuplot -d phases.gp
#
# The shell sees constant commands only: the name of the data file reaches it as a variable, and texts come back
# as strings that are shown without markup, so no name can be taken for code.
head(key) = system('sed -n "s/^# '.key.': //p" < "$QKBENCH_TSV"')
variable(name) = system('printf %s "$'.name.'"')

data = variable("QKBENCH_TSV")
format = variable("QKBENCH_FORMAT")
shapes = head("shapes")
slots = int(head("slots"))
ladder = int(head("ladder"))
goal = head("goal") eq "" ? NaN : real(head("goal"))
n = words(shapes)

if (format eq "png") { size = 11; set terminal pngcairo size 1200,700 font "sans-serif,11" background "white" }
if (format eq "pdf") { size = 12; set terminal pdfcairo size 12in,7in font "sans-serif,12" background "white" }
if (format eq "svg") { size = 14; set terminal svg size 1200,700 font "sans-serif,14" background "white" }
sized(factor) = sprintf(",%.0f", factor * size)
set encoding utf8
set output variable("QKBENCH_IMAGE")
set datafile separator "\t"

# Slot s is centred on x = s; what is off the ladder stands half a slot further right.
bar = n == 1 ? 0.5 : 0.84 / (n < 3 ? 3 : n)
centre(s) = s + (s > ladder && ladder > 0 ? 0.5 : 0)
x(s, k) = centre(s) + (k - (n + 1) / 2.0) * bar
# A long name is cut, and with many slots broken behind its first underscore, or neighbours would run into each other.
short(name) = strlen(name) > 30 ? name[1 : 27]."..." : name
broken(name) = slots < 9 || strlen(name) < 10 || !strstrt(name, "_") ? name : \
    name[1 : strstrt(name, "_")]."\n".name[strstrt(name, "_") + 1 : *]
label(variant, isa, phase) = broken(short(variant))."\n".(phase eq "-" ? isa : phase eq "baseline" ? phase : "phase ".phase)

stats data using 9 name "SPEED" nooutput
stats data using (strcol(9) eq "NaN" ? 1 : 0) name "MISSING" nooutput
highest = goal > SPEED_max ? goal : SPEED_max
lowest = SPEED_min < 1 ? SPEED_min : 1
# A factor of room for the figures above the highest and below the lowest bar.
set logscale y 2
set yrange [lowest < 1 ? lowest * 0.68 : 0.8 : highest * 1.8]
set xrange [0.4 : centre(slots) + 0.6]
set ytics nomirror ("⅛" 0.125, "¼" 0.25, "½" 0.5, "0.7" 0.7, "1" 1, "1.5" 1.5, "2" 2, "3" 3, "4" 4, "6" 6, "8" 8, \
                    "12" 12, "16" 16, "24" 24, "32" 32, "64" 64, "128" 128)
set grid ytics lc rgb "#cccccc" lw 1 dt solid
set xtics nomirror scale 0 noenhanced
if (slots > 12) { set xtics rotate by -35 }
set border 3 lc rgb "#666666"
set tics textcolor rgb "#222222"
set lmargin at screen 0.065
set rmargin at screen 0.985
set tmargin at screen 0.84
set bmargin at screen (slots > 12 ? 0.18 : slots > 8 ? 0.125 : 0.095)

set label head("title") at screen 0.5, 0.965 center font sized(1.35) noenhanced
set label head("subtitle") at screen 0.5, 0.925 center tc rgb "#444444" noenhanced
set ylabel "speed-up over ".head("reference").", log scale (black: 95 % interval)" noenhanced
set key at screen 0.5, 0.897 center top horizontal Left reverse noenhanced samplen 1.2 maxrows (n > 7 ? 2 : 1)
# Viridis (van der Walt and Smith, 2015) without its ends: ordered like the sizes, readable by the colour-blind.
set palette defined (0 "#46327e", 0.25 "#365c8d", 0.5 "#21918c", 0.75 "#5ec962", 1 "#d8e219")
set cbrange [0:1]
unset colorbox
size_label(shape) = strstrt(shape, "x") || n > 8 ? shape : shape." elements"
shade(k) = n > 1 ? (k - 1.0) / (n - 1) : 0.3

set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#444444" lw 1.5 front
set label head("reference")." = 1x" at graph 0.005, first 1 offset 0, -0.7 tc rgb "#444444" noenhanced front
if (goal == goal) {
    set arrow from graph 0, first goal to graph 1, first goal nohead lc rgb "#d55e00" lw 2 dt 2 back
    set label sprintf("roadmap's goal = %gx", goal) at graph 0.005, first goal offset 0, 0.7 tc rgb "#d55e00" front
}
if (ladder > 0 && ladder < slots) {
    set arrow from first ladder + 0.75, graph 0 to first ladder + 0.75, graph 1 nohead lc rgb "#999999" dt 3
    set label "the roadmap's ladder" at first ladder + 0.68, graph 0.97 right tc rgb "#666666"
    set label "outside the ladder" at first ladder + 0.82, graph 0.97 left tc rgb "#666666"
}

set style fill solid 1.0 noborder
# Caps are drawn by themselves, so that an interval too short for a whisker still shows.
interval(end) = strcol(5) eq "baseline" ? NaN : column(end)
outer(end) = strcol(end) eq "NaN" ? column(9) : column(end)
only(k) = column(2) == k ? column(9) : NaN
shown = n > 12 ? "" : n == 1 ? "%.2fx" : "%.2f"
figure(above) = strcol(5) eq "baseline" || (column(9) >= 1) != above ? "" : sprintf(shown, column(9))
plot data using (centre($1)):(1):xtic(label(strcol(3), strcol(4), strcol(5))) with dots lc rgb "#00ffffff" notitle, \
     for [k = 1 : n] data using (x($1, k)):(only(k)):(x($1, k) - bar * 0.46):(x($1, k) + bar * 0.46):(1):(only(k)) \
         with boxxyerror lc palette frac shade(k) title size_label(word(shapes, k)), \
     data using (x($1, $2)):10:(0):($11 - $10) with vectors nohead lw 1.4 lc rgb "#000000" notitle, \
     for [end = 10 : 11] data using (x($1, $2) - bar * 0.25):(interval(end)):(bar * 0.5):(0) \
         with vectors nohead lw 1.4 lc rgb "#000000" notitle, \
     data using (x($1, $2)):(outer(11)):(figure(1)) \
         with labels rotate by (n == 1 ? 0 : 90) left offset (n == 1 ? -1.7 : 0), 0.5 font sized(0.75) tc rgb "#333333" notitle, \
     data using (x($1, $2)):(outer(10)):(figure(0)) \
         with labels rotate by (n == 1 ? 0 : 90) right offset (n == 1 ? 1.7 : 0), -0.5 font sized(0.75) tc rgb "#333333" notitle, \
     data using (x($1, $2)):(strcol(9) eq "NaN" ? 1 : NaN) with points pt 2 ps 0.6 lc rgb "#555555" \
         title MISSING_sum > 0 ? "not measured" : ""
