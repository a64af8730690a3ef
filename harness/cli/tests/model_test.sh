#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench model: every subcommand, what it refuses, and whether answers are right.  model_test.sh PROGRAM SOURCE BUILD SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
source=$(realpath "$2") build=$(realpath "$3") schema=$(realpath "$4")
fixtures=$source/model/fixtures
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
unset QK_DATA
text() { # text ARGUMENT...: out gets standard output alone, said standard error
    out=$("$program" model run -t 1 "$@" 2>said)
    status=$?
}

for command in "" info run bench check perplexity serve synth; do code 0 Examples: model $command --help; done
run model
ok "without a command: usage" eval '[ $status -eq 2 ] && says "Commands (each has --help)"'
code 2 "info run bench check perplexity serve synth" model frobnicate

# The trained model that comes along, from any folder.
code 0 "can run: bitnet-b1.58, 6 layers" model info
ok "info has metadata, tensors and bytes per token" \
    eval 'says "general.license  string  \"CC0-1.0\"" && says blk.5.ffn_down.weight && says "5252352 parameters" && says "reads 2266624 bytes"'
text --prompt "In the beginning" --max-tokens 5
ok "run continues with the text of the reference" [ "$out" = " of the king's princes" ]
ok "and says how long it took, on stderr" grep -q "tokens/s" said
text --prompt "In the beginning" --max-tokens 3
ok "fewer tokens" [ "$out" = " of the king" ]
text --prompt "In the beginning" --max-tokens 0
ok "no tokens: only the timings" eval '[ $status -eq 0 ] && [ -z "$out" ] && grep -q "^prompt" said'
cat >greedy.py <<'E2'
import json, subprocess, sys
for v in json.load(open(sys.argv[2]))["vectors"]:
    got = subprocess.run([sys.argv[1], "model", "run", "-t", "1", "--prompt", v["prompt"], "--max-tokens", str(v["safe"])],
                         capture_output=True, text=True, check=True).stdout.removesuffix("\n")
    assert got and v["text"].startswith(got), (v["prompt"], got, v["text"])
E2
run model info
ok "all prompts: as the reference, as far as that is sure" python3 greedy.py "$program" "$fixtures/kjv.greedy_vectors.json"
mkdir -p data/model/fixtures && cp "$fixtures/kjv-bitnet-5m.i2_s.gguf" data/model/fixtures
QK_DATA=$work/data text --prompt "In the beginning" --max-tokens 3
ok "from a data folder of its own" [ "$out" = " of the king" ]
QK_DATA=$work/nowhere code 1 kjv-bitnet-5m.i2_s.gguf model run --prompt x
installed() { meson introspect "$build" --installed | python3 -c 'import json, sys
assert any(to.endswith("share/qkbench/model/fixtures/kjv-bitnet-5m.i2_s.gguf") for to in json.load(sys.stdin).values())'; }
if command -v meson >/dev/null; then
    ok "meson install puts it where the program looks" installed
else
    skip "meson install puts it where the program looks" "no meson in PATH"
fi

# Sampling.
text --prompt "And God said" --temperature 0.9 --seed 7 --max-tokens 20
first=$out
text --prompt "And God said" --temperature 0.9 --seed 7 --max-tokens 20
ok "the same seed, the same text" [ "$out" = "$first" ]
text --prompt "And God said" --temperature 0.9 --seed 8 --max-tokens 20
ok "another seed, another text" [ "$out" != "$first" ]
text --prompt "And God said" --greedy --max-tokens 20
first=$out
for how in "--temperature 0" "--top-k 1" "--top-p 1e-6"; do
    # shellcheck disable=SC2086 # two words
    text --prompt "And God said" --max-tokens 20 $how
    ok "$how is greedy" [ "$out" = "$first" ]
done
# Heads: which of them is used follows from how tokens are drawn, and decides none of them.
text --prompt "And God said" --max-tokens 20 --head full
ok "the full head's text" eval '[ "$out" = "$first" ] && grep -q "^head *full: 1.0 MB" said'
text --prompt "And God said" --max-tokens 20
ok "the certified head's is the same" eval '[ "$out" = "$first" ] && grep -q "^head *certified: .* of 2048 rows" said'
text --prompt "And God said" --max-tokens 20 --head i8
ok "i8 is called not exact" eval '[ $status -eq 0 ] && grep -q "^head *i8, not exact" said'
for how in "--top-k 7" "--top-k 12 --top-p 0.9"; do
    for head in full certified; do
        # shellcheck disable=SC2086 # several words
        text --prompt "And God said" --max-tokens 20 --seed 3 $how --head $head
        printf '%s' "$out" >"$head.text"
    done
    ok "$how: the same draws by both heads" eval 'cmp -s full.text certified.text && grep -q "^head *certified" said'
done
for how in "--top-k 0 --top-p 0.9" "--top-k 0 --temperature 1" "--top-k 2000"; do
    # shellcheck disable=SC2086 # several words
    text --prompt "And God said" --max-tokens 4 --seed 3 $how
    ok "$how takes the full head" grep -q "^head *full" said
done
code 2 "expected full, certified or i8" model run --prompt x --head half
code 2 "expected full, certified or i8" model bench --head full,
code 2 "more than 3 heads" model bench --head full,full,full,full
code 2 "expected full or i8" model perplexity --text none.txt --head certified
code 2 "expected full or i8" model check --tokens ids.txt --logits none --head certified
text --prompt "Who art thou?" --chat --max-tokens 8
ok "--chat" eval '[ $status -eq 0 ] && grep -q "^prompt *[12][0-9] tokens" said'

# Odd prompts.
text --prompt "" --max-tokens 4
ok "empty: from begin-of-text alone" eval '[ $status -eq 0 ] && [ -n "$out" ] && grep -q "^prompt *1 tokens" said'
text --prompt $'\xff\xfe\xc3' --max-tokens 2
ok "not UTF-8: bytes are fed" eval '[ $status -eq 0 ] && grep -q "^prompt *4 tokens" said'
code 2 "--prompt TEXT is missing" model run
code 2 "8 tokens do not fit the context of 4" model run --prompt "In the beginning was the word" --context 4
code 2 "context of 512" model run --prompt x --context 513
text --prompt "In the" --context 10 --max-tokens 50
ok "run stops when the context is full" eval '[ $status -eq 0 ] && grep -q "8 tokens generated; the context is full" said'

# Values out of range.
code 2 "from 0 to" model run --prompt x --max-tokens -1
code 2 "above 0 and at most 1" model run --prompt x --top-p 0
code 2 "above 0 and at most 1" model run --prompt x --top-p nan
code 2 "from 0 and at most" model run --prompt x --temperature -1
code 2 "draw one" model run --prompt x --greedy --seed 1
for n in 0 10000 1.5; do code 2 "from 1 to 256" model run --prompt x --threads $n; done
code 2 "from 1 to 256" model bench -t 1,0
for list in "" 0- 1-0 x 0,,1 70000 99999999999999999999; do code 2 "is no list of CPUs" model run --prompt x --cpus "$list"; done
code 2 "names CPU 0 twice" model run --prompt x --cpus 0,0
code 1 "--cpus: CPU 65535 is not one this process may run on" model bench --cpus 65535
code 2 "expected int8 or f32" model run --prompt x --act f16
code 2 "there is one MODEL" model info a b
code 1 "No such file" model run none.gguf --prompt x
code 2 "synth" model bench synth:nothing
code 1 "not a GGUF file" model info "$source/README.md"

# Reference logits.
check() { run model check --tokens "$fixtures/$1.tokens.txt" --logits "$fixtures/$1.logits_$2.f32" "${@:3}"; }
for model in kjv tiny; do
    file=$fixtures/$([ $model = kjv ] && echo kjv-bitnet-5m || echo tiny).i2_s.gguf
    check $model int8_f32cache "$file"
    ok "$model: int8, f32 cache" eval '[ $status -eq 0 ] && says "within the tolerance"'
    check $model int8_f16attention "$file" --kv f16 --head-input f16
    ok "$model: int8, f16 cache" [ $status -eq 0 ]
    check $model noactq "$file" --act f32
    ok "$model: f32, strictly" eval '[ $status -eq 0 ] && says "0.0002 at each position"'
    check $model noactq "$file" --kernels p1_unpack -t 2
    ok "$model: dequantised row by row, strictly" [ $status -eq 0 ]
    check $model noactq "$file" --act int8 --tolerance 2e-4
    ok "$model: int8 is outside the strict tolerance" eval '[ $status -eq 3 ] && says OUTSIDE'
    python3 - "$fixtures/$model.tokens.txt" >swapped.txt <<'E2'
import re, sys
ids = re.split(r"[\s,]+", open(sys.argv[1]).read().strip())
ids[3], ids[4] = ids[4], ids[3]
print(*ids)
E2
    run model check "$file" --tokens swapped.txt --logits "$fixtures/$model.logits_int8_f32cache.f32"
    ok "$model: two tokens exchanged: exit 3" eval '[ $status -eq 3 ] && says OUTSIDE'
done
kjv=(--logits "$fixtures/kjv.logits_int8_f32cache.f32")
check kjv int8_f32cache --tolerance 1e-12
ok "--tolerance" [ $status -eq 3 ]
echo "1 2048" >ids.txt
code 1 "expected a token from 0 to 2047" model check --tokens ids.txt "${kjv[@]}"
echo "1 -2" >ids.txt
code 1 "byte 2: found" model check --tokens ids.txt "${kjv[@]}"
echo "1,2" >ids.txt
code 1 "expected 16384: 2 tokens of 2048 logits" model check --tokens ids.txt "${kjv[@]}"
echo >ids.txt
code 1 "no token in it" model check --tokens ids.txt "${kjv[@]}"
yes 1 | head -513 >ids.txt
code 1 "more tokens than the model" model check --tokens ids.txt "${kjv[@]}"
code 2 "--logits FILE is missing" model check --tokens ids.txt
code 2 "not a number from 0" model check --tokens ids.txt "${kjv[@]}" --tolerance x

# Perplexity, by the protocol of the model's makers: 38.14 +- 0.5 %.
perplexity() { run model perplexity --text "$fixtures/kjv.valid.txt" --chunks 16 -t 1 "$@"; }
between() { awk -v low="$1" -v high="$2" '$1 == "perplexity" { found = 1; exit !($2 >= low && $2 <= high) } END { if (!found) exit 1 }' <<<"$out"; }
perplexity
ok "16 chunks" eval 'says "tokens 4096 of 57405, chunks 16 of 256" && between 37.95 38.33'
perplexity --kernels p4_permute
ok "the same with kernels of f32 activations" between 37.95 38.33
perplexity --head i8
ok "a head of 8 bits: what it costs, called not exact" eval 'says "head i8, not exact" && between 37.95 38.33'
perplexity --context 64
ok "less context, worse" between 39 60
code 2 "context of 512" model perplexity --text "$fixtures/kjv.valid.txt" --context 513
code 2 "--text FILE is missing" model perplexity
printf '' >empty.txt
code 1 "0 tokens of text" model perplexity --text empty.txt
code 1 "No such file" model perplexity --text none.txt

# Bench.
short=(-p 4 -n 3 -r 2 -t 1)
run model bench "${short[@]}" --kernels best,baseline --out b.json
ok "a table" eval '[ $status -eq 0 ] && says "| model | size | params | backend | threads | test | t/s |" && says "| pp4 |" && says "| tg3 |" && says "What a token"'
obeys "its JSON obeys the schema" "$schema" b.json
ok "a row per set and test" [ "$(python3 -c 'import json; print(*[(r["kernels"], r["n_prompt"], r["n_gen"], len(r["samples_ns"])) for r in json.load(open("b.json"))])')" = \
    "('best', 4, 0, 2) ('best', 0, 3, 2) ('baseline', 4, 0, 2) ('baseline', 0, 3, 2)" ]
run model bench "${short[@]}" -p 0 --head full,certified,i8 --out heads.json
ok "heads side by side, i8 called not exact" eval '[ $status -eq 0 ] && says "best, certified head [" && says "i8 head, not exact ["'
obeys "JSON of heads" "$schema" heads.json
ok "each with its bytes" [ "$(python3 -c 'import json; full, *less = json.load(open("heads.json")); print(full["head"], full["bytes_per_token"], *[(r["head"], r["bytes_per_token"] < 2200000, r["head_rows_per_token"] > 0) for r in less])')" = \
    "full 2266624 ('certified', True, True) ('i8', True, False)" ]
ok "each a row of its own for compare-llama-bench.py" [ "$(python3 -c 'import json; print(len({r["backends"] for r in json.load(open("heads.json"))}))')" = 3 ]
run model bench -p 4 -n 3 -r 2 -t 1 -d 0,8 --out deep.json
ok "-d: each test at each depth" eval '[ $status -eq 0 ] && says "| tg3 @ d8 |" && says "How long a token takes"'
ok "with times of tokens, and bytes that grow with the depth" python3 -c 'import json
rows = json.load(open("deep.json"))
assert [(r["n_depth"], r["n_prompt"], r["n_gen"]) for r in rows] == [(0, 4, 0), (0, 0, 3), (8, 4, 0), (8, 0, 3)]
for row in rows[1::2]:
    assert len(row["token_samples_ns"]) == 6 and row["p50_token_ns"] <= row["p99_token_ns"] == max(row["token_samples_ns"])
    assert abs(row["read_bytes_per_token"] - row["bytes_per_token"] - 3072 * (row["n_depth"] + 2)) < 2
assert all(ns >= least for row in rows[::2] for ns, least in zip(row["first_token_samples_ns"], row["samples_ns"]))
for kind in "open_ns repack_ns head_copy_ns loaded_rss_bytes kept_bytes cache_bytes".split():
    assert rows[0][kind] > 0, kind'
obeys "JSON of depths" "$schema" deep.json
code 2 "behind 509" model bench -p 4 -n 4 -d 0,509
code 2 "--n-depth" model bench -d 0,,8
"$program" model bench "${short[@]}" -o jsonl -p 0 2>/dev/null >lines
ok "-o jsonl, and -p 0 leaves the prompt out" eval '[ $(wc -l <lines) -eq 1 ] && grep -q "\"n_gen\":3" lines'
"$program" model bench "${short[@]}" -o csv -n 0 2>/dev/null >lines
ok "-o csv, and -n 0 leaves generation out" eval '[ $(wc -l <lines) -eq 2 ] && head -1 lines | grep "^schema_version,build_commit,.*avg_ts,stddev_ts" >/dev/null'
"$program" model bench synth:tiny "${short[@]}" -o json >synth.json 2>/dev/null
obeys "JSON of a synthetic model" "$schema" synth.json
ok "which it names" grep -q '"model_filename":"synth:tiny"' synth.json
cpu=$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')
run model bench "${short[@]}" -n 0 -t 3 --cpus "$cpu" -o json --out pinned.json
ok "--cpus: no more threads than CPUs, which the row says" eval '[ $status -eq 0 ] && says "of 3 threads 1 " &&
    python3 -c "import json
row = json.load(open(\"pinned.json\"))[0]
assert (row[\"n_threads\"], row[\"cpu_strict\"], int(row[\"cpu_mask\"], 16)) == (3, 1, 1 << $cpu)"'
text --prompt "In the beginning" --max-tokens 5 --cpus "$cpu"
ok "--cpus: the same text" [ "$out" = " of the king's princes" ]
run model bench --ladder -r 1 -n 2
ok "--ladder: every rung, best, and the claims" \
    eval '[ $status -eq 0 ] && for rung in baseline p1_unpack p2_fma p2_unroll8 p3_prefetch p4_permute best; do says "$rung "; done && says "target 3x" && says "within" && says "8 tokens"'
ok "in 120 columns" eval '! grep -qE "^.{121}" <(grep -v -e "^qkbench" -e "^model " <<<"$out")'
QK_DISABLE_ISA=avx2 run model bench --ladder -r 1 -n 2
ok "rungs that cannot run here are left out, and it is said" eval '[ $status -eq 0 ] && says "p4_permute is left out" && says "best"'
QK_DISABLE_ISA=avx2 code 77 switched model bench "${short[@]}" --kernels p4_permute
code 2 "no such set of kernels" model bench "${short[@]}" --kernels best,fastest
code 2 "matches no variant" model bench "${short[@]}" --kernels 'i2s_gemv/no*'
code 2 "named twice" model bench "${short[@]}" --kernels 'act_quant/*+act_quant/scalar'
code 2 "two ways to multiply" model bench "${short[@]}" --kernels 'i2s_gemv/*+qk256_gemv/*'
code 2 "f32 ones are demanded" model bench "${short[@]}" --kernels 'i2s_gemv/*' --act f32
code 2 "nothing to measure" model bench -p 0 -n 0
code 2 "513 tokens do not fit" model bench -p 513
code 2 "md, csv, json or jsonl" model bench -o xml
code 2 "has its own sets" model bench --ladder --kernels best
code 1 "cannot write" model bench "${short[@]}" --out none/b.json
run model bench --ladder -r 2 -n 2 --out ladder.json
"$program" run --quick 'qk256_dequant/p1*/256' --out kernels.json >/dev/null 2>&1
run report kernels.json --model ladder.json --out report
ok "report --model: the ladder behind the tables, as text and as markdown" \
    eval '[ $status -eq 0 ] && says "End to end" && grep -q "^| p4_permute | 4 |" report/report.md'
code 1 '$[0]' report kernels.json --model <(echo "[5]") --out report
cp "$fixtures/tiny.i2_s.gguf" cut.gguf
: >said
# shellcheck disable=SC2094 # one waits for what the other writes
"$program" model check cut.gguf --kernels 'i2s_gemv/*' --logits "$fixtures/tiny.logits_int8_f32cache.f32" \
    --tokens <(await grep -q "copy of the head" said && : >cut.gguf && cat "$fixtures/tiny.tokens.txt") >said 2>&1
status=$?
out=$(cat said)
ok "a model that is cut while it is in use: exit 1 and a message" eval '[ $status -eq 1 ] && says "became shorter"'
"$program" model bench -p 0 -n 512 -r 1000 -t 1 --kernels baseline --out slow.json >/dev/null 2>said &
interrupt $! said
ok "Ctrl-C: exit 130, nothing written" eval '[ $status -eq 130 ] && [ ! -e slow.json ]'
finish
