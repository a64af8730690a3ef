#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench audit as its users meet it, on stored results.  audit_test.sh PROGRAM TREE SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2")
schema=$(realpath "$3")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
claims=$tree/reports/claims
result=$tree/harness/records/tests/golden/sample_set.json
model=$tree/harness/e2e/tests/golden/json.json

code 0 Examples audit --help
code 2 "CLAIMS.json, a file of claims, is missing" audit
code 2 "RESULT, a file of run" audit "$claims/roadmap.json"
code 2 "expected one beside claims" audit "$claims/roadmap.json" "$claims/t-mac.json"
code 2 "expected claims" audit "$result" "$model"
code 1 "No such file" audit none.json "$result"

code 0 "Claims of: completion report" audit "$claims/roadmap.json" "$result" "$model"
ok "one line for each of its claims" eval '[ "$(grep -c "projected total: . over baseline" <<<"$out")" -eq 4 ]'
code 0 "Claims of: T-MAC" audit "$claims"/*.json "$result" "$model" --out a.json
ok "what nobody measured says what to measure" eval 'says "no result has"'
ok "what needs another project says so" eval 'says "not testable here"'
obeys "the verdicts obey their schema" "$schema" a.json
ok "each claim has a verdict and a reason" python3 - "$claims" <<'PY'
import glob, json, sys
said = json.load(open("a.json"))["verdicts"]
files = [json.load(open(name)) for name in sorted(glob.glob(sys.argv[1] + "/*.json"))]
assert len(said) == sum(len(one["claims"]) for one in files), len(said)
assert all(row["why"] for row in said)
PY
code 0 "| claim | claimed | measured here | verdict | why |" audit "$claims/t-mac.json" "$result" --markdown
code 0 "wrote page.html" report "$result" "$claims/t-mac.json" --html page.html
ok "the page has claims that were named" eval 'grep -q "T-MAC: README" page.html && grep -q "not testable here" page.html'

sed 's/"kind": "cases"/"kind": "case"/' "$claims/t-mac.json" >bad.json
code 1 'bad.json: found "case", expected "step"' audit bad.json "$result"
sed 's/"ratio": 4/"rate": 4/' "$claims/t-mac.json" >bad.json
code 1 'such a member in a claim of kind "cases"' audit bad.json "$result"
cp "$claims/t-mac.json" mine.json
code 2 "mine.json" audit mine.json "$result" --out mine.json
ok "a claims file is not written over" cmp mine.json "$claims/t-mac.json"
finish
