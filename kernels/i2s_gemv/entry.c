/* SPDX-License-Identifier: MIT */
typedef int qk_empty;
