#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the program says of a stored baseline, with nothing measured. It gates results made by hand against it, and meets
# files and folders that are not what they should be.  stored_test.sh PROGRAM FIXTURES TREE SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
fixtures=$(realpath "$2")
tree=$(realpath "$3")
verdicts_schema=$(realpath "$4")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
unset QK_BASELINES
slow=qk256_dequant/p4_permute/4096

"$fixtures" write_main >main.json
"$fixtures" write_slower >slower.json
edit() { # edit NEW CODE: main.json as NEW, changed by Python on its object b and its cases c by name
    python3 -c '
import json, sys
b = json.load(open("main.json"))
c = {case["name"]: case for case in b["cases"]}
exec(sys.argv[2])
b["cases"] = [c[name] for name in sorted(c)]
json.dump(b, open(sys.argv[1], "w"))' "$1" "$2"
}
gate=(gate --lock-dir . --policy "$tree/ci/policy.json" --baseline ./main.json)

# One slower component: the verdict, the case and the component, in every form.
run "${gate[@]}" --result slower.json --out verdicts.json --junit verdicts.xml --markdown verdicts.md
ok "a result with one slower stage is a REGRESSION" [ "$status" -eq 3 ]
ok "the text names the stage" eval 'says "lookup grew from" && ! grep -qE "(loop|unpack|scale|store) grew" <<<"$out"'
ok "so do JUnit and markdown" eval 'grep -A1 "p4_permute/4096" verdicts.xml | grep "<failure" | grep "lookup grew from" >/dev/null && grep -q "lookup grew from" verdicts.md'
out=$(python3 -c '
import json, sys
report = json.load(open("verdicts.json"))
bad = [r for r in report["results"] if r["verdict"] != "PASS"]
print(report["verdict"], [r["name"] for r in bad], [r["verdict"] for r in bad])
print([c["name"] for c in bad[0]["components"] if c["grew"]], 1.3 < bad[0]["timing"]["ratio"] < 1.6)' 2>&1)
ok "so does JSON, and no other case is named" eval \
    'says "REGRESSION ['"'$slow'"'] ['"'REGRESSION'"']" && says "['"'lookup'"'] True"'
obeys "and obeys its schema" "$verdicts_schema" verdicts.json
code 0 "wrote comment.md" report verdicts.json --html gate.html --comment comment.md
ok "and the comment" eval 'head -n 1 comment.md | grep "^### REGRESSION: Slower beyond" >/dev/null && sed -n 5p comment.md | grep "^| $slow | +" >/dev/null'
ok "and the page" eval 'grep -q ">REGRESSION</h1>" gate.html && grep -q "The worst is $slow" gate.html'
code 0 PASS "${gate[@]}" --result main.json
code 0 PASS "${gate[@]}" --result slower.json '*/autovec_v3/*'
code 2 "--result belongs to --baseline" gate --result main.json --duet x.so

# Cases that one side has not; what another ABI, toolchain or machine makes of it.
edit fewer.json "del c['$slow']"
code 5 MISSING "${gate[@]}" --result fewer.json
code 0 NEW gate --policy "$tree/ci/policy.json" --baseline ./fewer.json --result main.json
python3 -c '
import json, sys
policy = json.load(open(sys.argv[1]))
policy["removed"] = [{"cases": "qk256_dequant/p4_permute/*", "reason": "nobody used it"}]
json.dump(policy, open("policy.json", "w"))' "$tree/ci/policy.json"
code 0 "nobody used it" gate --policy policy.json --baseline ./main.json --result fewer.json
edit bare.json "c['$slow']['components'] = {'parts': None, 'reason': 'not measured'}"
code 0 PASS gate --policy "$tree/ci/policy.json" --baseline ./bare.json --result main.json
edit abi.json "b['abi'] += 1"
code 5 "kernel ABI: 2, now 1" gate --policy "$tree/ci/policy.json" --baseline ./abi.json --result main.json
edit flags.json "c['$slow']['flags'] = '-O1'"
code 5 "flags of qk256_dequant/p4_permute:" gate --policy "$tree/ci/policy.json" --baseline ./flags.json --result main.json
"$fixtures" write_here >main.json
edit flags.json "c['$slow']['flags'] = '-O1'"
code 5 "flags of qk256_dequant/" gate --lock-dir . --baseline ./flags.json
ok "which is found out before anything is measured" eval '[[ $out =~ run\ +[0-9]\.[0-9]\ s ]]'
"$fixtures" write_main >main.json
"$fixtures" write_elsewhere >elsewhere.json
code 5 "the baseline is of another machine or toolchain" gate --lock-dir . --baseline ./elsewhere.json
ok "with each field that differs, and both values" eval 'says "CPU vendor: NobodysCPU, now" && says "ISA levels in use: BASE, now" && says "compiler: tcc 1, now"'

# By name: the folder of the fixture's machine is not ours.
mkdir -p folder/elsewhere
cp elsewhere.json folder/elsewhere/main.json
code 5 "no baseline 'main' of this machine" gate --lock-dir . --baseline main --dir folder
ok "with the remedy, whose it is and what differs" eval 'says "\`baseline save main\` makes one" && says elsewhere && says ", now "'
code 2 "the nearest, of elsewhere: " compare --common main main.json --dir folder
code 2 "the nearest, of elsewhere: " baseline show main --dir folder
code 5 "no baseline 'other'" gate --lock-dir . --baseline other --dir folder
ln -s folder/elsewhere/main.json link.json
for file in folder/elsewhere/main.json folder/elsewhere/new.json link.json; do
    code 2 "is where baselines are stored" gate --lock-dir . --baseline main --dir folder --out $file
done
ok "a baseline is no place for a verdict" cmp elsewhere.json folder/elsewhere/main.json
mkdir folder/more-cpus folder/broken
"$fixtures" write_here >folder/more-cpus/main.json
cp verdicts.json folder/broken/main.json
code 0 "beyond noise 0 of the 5" compare --common main folder/more-cpus/main.json --dir folder # all of it is ours but the CPUs

# Files and folders that are none. A pipe would be waited for.
mkdir -p odd/pipes odd/folders/main.json
mkfifo odd/pipes/main.json
code 5 "none of this machine (0 of others)" gate --lock-dir . --baseline main --dir odd
code 0 "no baselines in odd" baseline list --dir odd
: >empty.json
printf '{"kind": 1, "cases"' >cut.json
mkdir folder.json
for file in empty.json cut.json folder.json none.json; do
    code 5 "$file" gate --lock-dir . --baseline "./$file"
    code 1 "$file" "${gate[@]}" --result "./$file"
done
for folder in nowhere main.json $'odd\nfolder' ''; do
    QK_BASELINES=$folder run gate --lock-dir . --baseline main
    ok "QK_BASELINES='${folder//$'\n'/ }': 5, and the folder is named" eval '[ "$status" -eq 5 ] && says "${folder%%$'"'\n'"'*}"'
done
finish
