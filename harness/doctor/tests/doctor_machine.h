/* SPDX-License-Identifier: MIT */
/*
 * Made-up machines for the tests of the doctor: a folder used in place of /, facts, and checks of findings.
 */
#pragma once

#include "harness/doctor/private.h"
#include "harness/records/tests/fixture.h"

extern struct bench_facts facts;
extern struct bench_doctor doctor;
extern char root[320];

/* Makes a machine of which nothing is known yet. CPU 1 is pinned. */
void new_machine(void);
/* Reads again what bench_facts_init reads. Call it after files were put there. */
void read_machine(void);
/* Writes a file below root, and makes its folders. */
void put(const char *path, const char *text);
/* Makes the machine a virtual one. */
void make_virtual(void);

/* Judges the facts, checks what holds for any finding, and returns this one. */
const struct bench_finding *finding(const char *name);
void has(const char *text, const char *part);
/*
 * found and mend must contain these. A NULL mend: there must be none. expect_ok and expect_warn also demand
 * that the finding is not fatal.
 */
void expect(const char *name, enum bench_health health, const char *found, const char *mend);
void expect_ok(const char *name, const char *found);
void expect_warn(const char *name, const char *found, const char *mend);
