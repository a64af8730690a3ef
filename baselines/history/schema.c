/* SPDX-License-Identifier: MIT */
#include "baselines/history/private.h"

/*
 * In the words of SQLite and of standard SQL alike, but for two types that dump.c replaces. The machine and
 * the time of a result repeat those of its run, so that one index finds a case's newest rows. The foreign
 * key holds them equal.
 */
const char *const baseline_sql_schema[] = {
    "CREATE TABLE machine (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  fingerprint TEXT NOT NULL UNIQUE,\n"
    "  cpu TEXT NOT NULL,\n"
    "  isa_levels TEXT NOT NULL,\n"
    "  compiler TEXT NOT NULL\n"
    ")",
    "CREATE TABLE bench_case (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  case_name TEXT NOT NULL UNIQUE\n"
    ")",
    "CREATE TABLE run (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  run_key TEXT NOT NULL UNIQUE,\n"
    "  pinned_key TEXT,\n"
    "  source TEXT NOT NULL CHECK (source IN ('gate', 'qkbench', 'google-benchmark', 'llama-bench')),\n"
    "  machine_id INTEGER NOT NULL REFERENCES machine (id),\n"
    "  measured_at INTEGER NOT NULL,\n"
    "  commit_name TEXT,\n"
    "  parent TEXT,\n"
    "  pinned TEXT,\n"
    "  verdict TEXT,\n"
    "  CHECK ((pinned_key IS NULL) = (pinned IS NULL)),\n"
    "  UNIQUE (id, machine_id, measured_at)\n"
    ")",
    "CREATE TABLE result (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  run_id INTEGER NOT NULL,\n"
    "  machine_id INTEGER NOT NULL,\n"
    "  measured_at INTEGER NOT NULL,\n"
    "  case_id INTEGER NOT NULL REFERENCES bench_case (id),\n"
    "  verdict TEXT,\n"
    "  parent_ratio REAL,\n"
    "  parent_low REAL,\n"
    "  parent_high REAL,\n"
    "  parent_reason TEXT,\n"
    "  pinned_verdict TEXT,\n"
    "  pinned_ratio REAL,\n"
    "  pinned_low REAL,\n"
    "  pinned_high REAL,\n"
    "  pinned_margin REAL,\n"
    "  pinned_reason TEXT,\n"
    "  ns REAL,\n"
    "  ns_reason TEXT,\n"
    "  instructions REAL,\n"
    "  instructions_reason TEXT,\n"
    "  CHECK (parent_low <= parent_high AND pinned_low <= pinned_high),\n"
    "  CHECK (parent_low IS NOT NULL OR parent_reason IS NOT NULL),\n"
    "  CHECK (pinned_low IS NOT NULL OR pinned_reason IS NOT NULL),\n"
    "  CHECK (ns IS NOT NULL OR ns_reason IS NOT NULL),\n"
    "  CHECK (instructions IS NOT NULL OR instructions_reason IS NOT NULL),\n"
    "  UNIQUE (run_id, case_id),\n"
    "  FOREIGN KEY (run_id, machine_id, measured_at) REFERENCES run (id, machine_id, measured_at)\n"
    ")",
    "CREATE INDEX result_of_case ON result (case_id, machine_id, measured_at, run_id)",
    "CREATE TABLE mark (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  result_id INTEGER NOT NULL REFERENCES result (id),\n"
    "  kind TEXT NOT NULL CHECK (kind IN ('none', 'real', 'false', 'accepted')),\n"
    "  why TEXT NOT NULL,\n"
    "  marked_at INTEGER NOT NULL\n"
    ")",
    "CREATE INDEX mark_of_result ON mark (result_id)",
    "CREATE VIEW log AS\n"
    "SELECT result.id AS result_id, result.run_id AS run_id, result.measured_at AS measured_at,\n"
    "  run.source AS source, result.machine_id AS machine_id, machine.fingerprint AS fingerprint,\n"
    "  machine.cpu AS cpu, result.case_id AS case_id, bench_case.case_name AS case_name,\n"
    "  run.commit_name AS commit_name, run.parent AS parent, run.pinned AS pinned,\n"
    "  result.verdict AS verdict, result.parent_ratio AS parent_ratio, result.parent_low AS parent_low,\n"
    "  result.parent_high AS parent_high, result.parent_reason AS parent_reason,\n"
    "  result.pinned_verdict AS pinned_verdict, result.pinned_ratio AS pinned_ratio,\n"
    "  result.pinned_low AS pinned_low, result.pinned_high AS pinned_high,\n"
    "  result.pinned_margin AS pinned_margin, result.pinned_reason AS pinned_reason, result.ns AS ns,\n"
    "  result.ns_reason AS ns_reason, result.instructions AS instructions,\n"
    "  result.instructions_reason AS instructions_reason, mark.kind AS mark, mark.why AS why\n"
    "FROM result\n"
    "JOIN run ON run.id = result.run_id\n"
    "JOIN machine ON machine.id = result.machine_id\n"
    "JOIN bench_case ON bench_case.id = result.case_id\n"
    "LEFT JOIN mark ON mark.id = (SELECT MAX(m.id) FROM mark AS m WHERE m.result_id = result.id)",
    NULL,
};

const char *const baseline_sql_tables[] = {"machine", "bench_case", "run", "result", "mark", NULL};

const char *const baseline_sql_statements[HISTORY_STATEMENTS] = {
#define STATEMENT(name, text) [HISTORY_##name] = text,
#include "baselines/history/statements.def"
#undef STATEMENT
};

const char *const baseline_history_sources[BASELINE_SOURCES + 1] = {"gate", "qkbench", "google-benchmark",
                                                                    "llama-bench", NULL};
const char *const baseline_mark_names[BASELINE_MARKS + 1] = {"none", "real", "false", "accepted", NULL};
