#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The trained model with its embedding, which is its head too, in each type of numbers.  heads_test.sh PROGRAM SOURCE
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so what they use looks unused
fixtures=$(realpath "$2")/model/fixtures
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
make() { # make TYPE: the model in it, TYPE.gguf
    python3 "$fixtures/make_heads.py" "$fixtures/kjv-bitnet-5m.i2_s.gguf" "$1" "$1.gguf" || exit 1
}
exact=(--act f32 --kv f32 --head-input f32)
tokens=$fixtures/heads/tokens.txt
head -c 600 "$fixtures/kjv.valid.txt" >text
small=(-t 1 --max-tokens 6 --prompt "In the beginning")
score() { # score ARGUMENT...: perplexity gets that of a short text
    run model perplexity -t 1 --text text "$@"
    perplexity=$(sed -n 's/^perplexity *\([0-9.]*\).*/\1/p' <<<"$out")
}
near() { # near A B PERCENT
    python3 -c 'import sys; a, b, most = map(float, sys.argv[1:]); sys.exit(not abs(a - b) <= b * most / 100)' "$@"
}

make f16
ok "f16: the copy is the model itself" cmp f16.gguf "$fixtures/kjv-bitnet-5m.i2_s.gguf"
score f16.gguf
of_f16=$perplexity
make f32
code 0 "" model check "${exact[@]}" f32.gguf --tokens "$fixtures/kjv.tokens.txt" --logits "$fixtures/kjv.logits_noactq.f32"
for type in bf16 q8_0 q6_k q2_0 pq2_0; do
    make $type
    logits=$fixtures/heads/$type.logits_noactq.f32
    code 0 "" model check "${exact[@]}" $type.gguf --tokens "$tokens" --logits "$logits"
    code 3 "" model check "${exact[@]}" f16.gguf --tokens "$tokens" --logits "$logits"
    run model info $type.gguf
    ok "$type: info names the type, and that it can run" \
        eval '[ $status -eq 0 ] && grep "token_embd.weight *${type^^} " <<<"$out" >/dev/null && says "can run:"'
    run model run $type.gguf "${small[@]}"
    ok "$type: run continues a prompt" [ $status -eq 0 ]
done
for type in f32 bf16 q8_0 q6_k; do
    score $type.gguf
    ok "$type: its perplexity, $perplexity, is near $of_f16" near "$perplexity" "$of_f16" 3
done

# Heads of full numbers have a copy and give the full head's tokens. Others are read whole, and that is said.
for type in f32 bf16; do
    full=$("$program" model run $type.gguf "${small[@]}" --head full 2>full.err)
    out=$("$program" model run $type.gguf "${small[@]}" --head certified 2>certified.err)
    ok "$type: the certified head gives the same text" \
        eval '[ -n "$full" ] && [ "$out" = "$full" ] && grep "head *certified" certified.err >/dev/null'
done
for type in q8_0 q6_k q2_0; do
    code 0 "the full head is used: token_embd.weight: a head of type ${type^^}" model run $type.gguf "${small[@]}"
    code 1 "a head of type ${type^^}" model run $type.gguf "${small[@]}" --head i8
done

# What a head multiplies.
for input in f32 f16 q8_0; do
    score q8_0.gguf --head-input $input
    ok "input $input: the perplexity of q8_0, $perplexity, is near $of_f16" near "$perplexity" "$of_f16" 3
done
score q2_0.gguf
usual=$perplexity
score q2_0.gguf --head-input q8_0
ok "q2_0: the usual input is q8_0" [ "$perplexity" = "$usual" ]
score q2_0.gguf --head-input f32
ok "q2_0: f32 gives nearly the same" eval '[ "$perplexity" != "$usual" ] && near "$perplexity" "$usual" 3'
code 2 "expected f32, f16 or q8_0" model run q2_0.gguf "${small[@]}" --head-input q4_0
run model bench q2_0.gguf -p 0 -n 2 -r 2 -t 1 -o json
ok "bench says what the head multiplies" eval '[ $status -eq 0 ] && says "\"head_input\":\"q8_0\""'
run model bench q6_k.gguf -p 0 -n 2 -r 2 -t 1 -o json
ok "and f32 where that is usual" eval '[ $status -eq 0 ] && says "\"head_input\":\"f32\""'

# Type 42 of older writers has 128 weights a scale; another writer's has its scales behind the codes.
make old_q2_0
code 0 "PQ2_0" model info old_q2_0.gguf
code 0 "" model check "${exact[@]}" old_q2_0.gguf --tokens "$tokens" --logits "$fixtures/heads/pq2_0.logits_noactq.f32"
make last_q2_0
run model info last_q2_0.gguf
ok "scales behind the codes are refused" eval '[ $status -eq 0 ] && says "cannot run" && says "token_embd.weight"'

# Rows of a file as inputs of kernels.
for type in q8_0 q6_k bf16; do
    code 0 "2048x256@token_embd.weight" run --quick --shapes $type.gguf "${type}_gemv/*/*@token_embd.weight"
done
code 0 "2048x256x64@token_embd.weight" run --quick --shapes q2_0.gguf "q2_0_gemv/*/*@token_embd.weight"
code 0 "2048x256x128@token_embd.weight" run --quick --shapes pq2_0.gguf "q2_0_gemv/*/*@token_embd.weight"
code 0 "2048x256@token_embd.weight" run --quick --shapes f16.gguf "f16_gemv/*/*@token_embd.weight"
finish
