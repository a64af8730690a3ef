/* SPDX-License-Identifier: MIT */
#include "harness/doctor/tests/doctor_machine.h"

#include <string.h>

struct bench_facts facts;
struct bench_doctor doctor;
char root[320];

void new_machine(void)
{
    static int number;
    char name[16];
    snprintf(name, sizeof name, "root%d", number++);
    snprintf(root, sizeof root, "%s", bench_test_path(name));
    bench_facts_init(&facts, root, 1);
}

void read_machine(void)
{
    bench_facts_init(&facts, root, 1);
}

void put(const char *path, const char *text)
{
    char whole[640];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    bench_test_put(whole, text, strlen(text));
}

const struct bench_finding *finding(const char *name)
{
    const struct bench_finding *wanted = NULL;
    bench_doctor_judge(&doctor, &facts);
    for (size_t i = 0; i < doctor.count; i++) {
        const struct bench_finding *f = &doctor.findings[i];
        assert_true(*f->found);
        assert_int_equal(f->health == BENCH_HEALTH_OK, !*f->costs);
        assert_true(f->health != BENCH_HEALTH_OK || !*f->mend);
        assert_true(!f->fatal || f->health == BENCH_HEALTH_BAD);
        if (!strcmp(f->name, name))
            wanted = f;
    }
    assert_non_null(wanted);
    return wanted;
}

void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

void expect(const char *name, enum bench_health health, const char *found, const char *mend)
{
    const struct bench_finding *f = finding(name);
    if (f->health != health)
        fail_msg("%s is %s: %s", name, bench_health_words[f->health], f->found);
    has(f->found, found);
    if (mend)
        has(f->mend, mend);
    else
        assert_string_equal(f->mend, "");
}

void expect_ok(const char *name, const char *found)
{
    expect(name, BENCH_HEALTH_OK, found, NULL);
    assert_false(finding(name)->fatal);
}

void expect_warn(const char *name, const char *found, const char *mend)
{
    expect(name, BENCH_HEALTH_WARN, found, mend);
    assert_false(finding(name)->fatal);
}

void make_virtual(void)
{
    strcpy(facts.env.virtualised, "KVMKVMKVM");
}
