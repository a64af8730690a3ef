# SPDX-License-Identifier: MIT
# Series over two axes.
shape(k) = int(word("7 5 9 13 11 15 6 4 8 12 10 14", int(k) % 12 + 1))
series_colour(k) = k == 24 ? grey : part_colour(int(k) % 7)
set label head("ylabel") at screen across(8), down(top - 14) left tc rgb ink noenhanced
plot for [k = 0 : 3] data using (is("roof") && $8 == k ? $4 : NaN):2:($5 - $4):($6 - $2) \
         with vectors nohead lw 1.5 dt k + 1 lc rgb ink title head("roof".k), \
     data using (number("xlow", 0)):(only("peak", 2)):(number("xhigh", 1) - number("xlow", 0)):(0) \
         with vectors nohead lw 2.5 lc rgb grey title head("peak"), \
     for [k = 0 : 24] data using (is("joint") && $8 == k ? $4 : NaN):2:($5 - $4):($6 - $2) \
         with vectors nohead lw 1.2 lc rgb series_colour(k) notitle, \
     for [k = 0 : 24] data using (is("point") && $8 == k ? $4 : NaN):5:(0):($6 - $5) \
         with vectors nohead lw 1.5 lc rgb series_colour(k) notitle, \
     for [k = 0 : 24] data using (is("point") && $8 == k ? $4 : NaN):2 \
         with points pt shape(k) ps 0.9 lc rgb series_colour(k) title head("series".k)
