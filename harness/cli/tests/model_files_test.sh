#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench model with files that differ from ours: what their keys and tokenizers change.  model_files_test.sh PROGRAM SOURCE
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval: functions look unreached, variables unused
source=$(realpath "$2")
fixtures=$source/model/fixtures
here=$(realpath "$(dirname "$0")")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
unset QK_DATA
prefix=bitnet-b1.58
file() { "$here/gguf_edit.py" "$fixtures/kjv-bitnet-5m.i2_s.gguf" "$@"; } # file OUT EDIT...
tiny() { "$here/gguf_edit.py" "$fixtures/tiny.i2_s.gguf" "$@"; }
text() { # text ARGUMENT...: out gets standard output alone, said standard error
    out=$("$program" model run -t 1 "$@" 2>said)
    status=$?
}
tokens_of() { sed -n 's/^prompt *\([0-9]*\) tokens.*/\1/p' said; }
info() { # info NAME TEXT EDIT...: what `model info` says of a file with these edits
    local name=$1 want=$2
    shift 2
    file edited.gguf "$@"
    run model info edited.gguf
    ok "$name" eval '[ $status -eq 0 ] && says "$want"'
}
info "unchanged: it runs" "can run: bitnet-b1.58, 6 layers"
ok "info says what keys are applied, of rope, and how text is split" eval \
    'says "keys applied   vocab_size context_length" && says "base 10000, 64 dimensions, scaling none" &&
     says "split as llama-bpe; messages as bitnet" && ! says ignored'

# Keys that change the result.
info "linear scaling is applied" "scaling linear by 4" $prefix.rope.scaling.type=string:linear $prefix.rope.scaling.factor=f32:4
check() { run model check edited.gguf --tokens "$fixtures/kjv.tokens.txt" --logits "$fixtures/kjv.logits_int8_f32cache.f32"; }
check
ok "and changes logits" [ $status -eq 3 ]
info "yarn too" "scaling yarn by 4 from 128 positions, sines and cosines times 1.13862944" \
    $prefix.rope.scaling.type=string:yarn $prefix.rope.scaling.factor=f32:4 $prefix.rope.scaling.original_context_length=u32:128
info "a factor of 1 is none" "scaling none" $prefix.rope.scaling.type=string:linear $prefix.rope.scaling.factor=f32:1
check
ok "and changes nothing" [ $status -eq 0 ]
info "key and value length" "attention.key_length attention.value_length" $prefix.attention.key_length=u32:64 $prefix.attention.value_length=u32:64
check
ok "as they are without the keys" [ $status -eq 0 ]
info "value lengths of their own are refused" "both must be the same" $prefix.attention.value_length=u32:32
info "longrope is refused" '"longrope", not done here; none, linear or yarn' $prefix.rope.scaling.type=string:longrope
for key in logit_scale attention.scale residual_scale embedding_scale attn_logit_softcapping final_logit_softcapping expert_count; do
    info "$key is refused by name" "cannot run: edited.gguf: byte" $prefix.$key=f32:0.3
    ok "$key: with its value" says "key \"$prefix.$key\" is 0.3"
done
info "a window below the context" 'sliding_window" is 511' $prefix.attention.sliding_window=u32:511
info "a window as wide as the context" "of no effect   attention.sliding_window" $prefix.attention.sliding_window=u32:512
info "neutral values" "of no effect   logit_scale attention.scale expert_count" \
    $prefix.logit_scale=f32:1 $prefix.attention.scale=f32:0.125 $prefix.expert_count=u32:0
check
ok "run" [ $status -eq 0 ]
info "a rotated file" '"prism.hadamard.version": a rotated basis' prism.hadamard.version=u32:1
info "an unknown key is named" "ignored        rope.wobble" $prefix.rope.wobble=f32:2
text edited.gguf --prompt "In the beginning" --max-tokens 1
ok "and warned of" eval "[ \$status -eq 0 ] && grep 'warning: key \"$prefix.rope.wobble\" is not known here' said >/dev/null"

# Files that cannot run are listed all the same, and say why.
info "an unknown type is listed" "token_embd.weight                type 4711" tensor:token_embd.weight=4711
ok "with all others, and the reason" eval 'says blk.5.ffn_down.weight && says "has type 4711 (unknown), supported are F32"'
info "a type that is known by name" "has type 12 (Q4_K)" tensor:blk.3.attn_q.weight=12
info "I2_S without its tail" "of type I2_S has 16384 bytes of codes and nothing behind them; a tail of 32 bytes" i2s=NO_TAIL
ok "listed, too" says "output_norm.weight"
info "a file that is cut off" "the data section has" cut=300000
ok "is listed" says "blk.5.ffn_down.weight"
info "a part of a split model" "part 1 of 2 of a split model" split.no=u32:0 split.count=u32:2
info "whatever its architecture" "part 2 of 2 of a split model" split.no=u32:1 split.count=u32:2 general.architecture=
code 1 "part 2 of 2" model run edited.gguf --prompt x
file edited.gguf general.architecture=string:mamba tokenizer.ggml.model=string:llama
code 1 'architecture "mamba" is not one of' model run edited.gguf --prompt x
code 1 'architecture "mamba" is not one of' model check edited.gguf --tokens "$fixtures/kjv.tokens.txt" --logits none
file edited.gguf tokenizer.ggml.model=string:llama
code 1 'a SentencePiece vocabulary (SPM); "gpt2"' model run edited.gguf --prompt x
run model info edited.gguf
ok "info: it runs without text" eval '[ $status -eq 0 ] && says "can run" && says "without text, for its tokenizer is unusable"'

# Tokenizers.
sample='There were 1234567 men, and  they said 12345: 99999'
for pre in llama-bpe llama3 falcon3 falcon_e; do
    file edited.gguf tokenizer.ggml.pre=string:$pre
    text edited.gguf --prompt "$sample" --max-tokens 0
    ok "$pre splits as ever" [ "$(tokens_of)" = 30 ]
done
file edited.gguf tokenizer.ggml.pre=
run model info edited.gguf
ok "without the key: llama-bpe, and info says so" says "split as llama-bpe, which the file does not say"
file edited.gguf tokenizer.ggml.pre=string:gpt-4o
code 1 'tokenizer.ggml.pre is "gpt-4o"' model run edited.gguf --prompt x
for end in eos eot eom; do
    file edited.gguf tokenizer.ggml.${end}_token_id=u32:11
    text edited.gguf --prompt "$sample" --max-tokens 60
    ok "generation ends at ${end}_token_id" eval '[ $status -eq 0 ] && grep "the model ended its text" said >/dev/null'
done
file edited.gguf "token:2034= men," kind:2034=4
text edited.gguf --prompt "$sample" --max-tokens 0
ok "a user-defined token in plain text: one for two" [ "$(tokens_of)" = 29 ]
printf '%s' "$sample" >prompt.txt
text --prompt-file prompt.txt --max-tokens 5
first=$out
text --prompt "$sample" --max-tokens 5
ok "--prompt-file" eval '[ -n "$out" ] && [ "$out" = "$first" ]'
out=$("$program" model run -t 1 --prompt-file - --max-tokens 5 <prompt.txt 2>said)
ok "--prompt-file - is standard input" [ "$out" = "$first" ]
printf 'a\0b' >prompt.txt
text --prompt-file prompt.txt --max-tokens 0
ok "any bytes, NUL among them" eval '[ $status -eq 0 ] && [ "$(tokens_of)" = 4 ]'
code 1 "none.txt" model run --prompt-file none.txt
code 2 "there is one prompt" model run --prompt-file prompt.txt --prompt x
code 2 "--system and --chat-form go with --chat" model run --prompt x --system y

# Messages. What a form is made of is counted piece by piece, by itself.
count() { # count TEXT...: tokens of all, without a beginning
    local sum=0
    for one; do
        text --prompt "$one" --max-tokens 0
        sum=$((sum + $(tokens_of) - 1))
    done
    echo $sum
}
chat() { # chat NAME FORM COUNT EDIT...: form and number of tokens of a message, behind the one that begins a text
    local name=$1 form=$2 count=$3
    shift 3
    file edited.gguf "$@"
    text edited.gguf --chat --prompt "Who art thou?" --max-tokens 0
    ok "$name" eval '[ $status -eq 0 ] && grep -F "in the form $form" said >/dev/null && [ "$(tokens_of)" = $((1 + count)) ]'
}
text --chat --prompt "Who art thou?" --max-tokens 0
plain=$(tokens_of)
ok "bitnet's message" [ "$plain" = $((2 + $(count "User: " "Who art thou?" "Assistant: "))) ]
text --chat --prompt "Who art thou?" --system "Be brief." --max-tokens 0
said=$(tokens_of)
ok "--system adds one" [ "$said" = $((plain + 1 + $(count "System: " "Be brief."))) ]
template=tokenizer.chat_template=string:
chat "a template with header ids: llama-3" llama-3 $((5 + $(count user $'\n\nWho art thou?' assistant $'\n\n'))) \
    "$template<|start_header_id|>"
chat "falcon3: names that are no tokens are text" falcon3 "$(count $'<|user|>\nWho art thou?\n<|assistant|>\n')" \
    "$template<|user|><|assistant|>"
chat "chatml" chatml $((3 + $(count $'user\nWho art thou?' $'\n' $'assistant\n'))) \
    "$template<|im_start|>" "token:2034=<|im_start|>" "token:2035=<|im_end|>"
chat "falcon-e" falcon-e "$(count $'userWho art thou?\nassistant\n')" tokenizer.ggml.pre=string:falcon_e
text edited.gguf --chat --chat-form bitnet --prompt "Who art thou?" --max-tokens 0
ok "--chat-form" eval '[ $status -eq 0 ] && [ "$(tokens_of)" = "$plain" ]'
code 1 "needs the token <|im_start|>" model run --chat --chat-form chatml --prompt x
code 2 "expected one of bitnet, llama-3, falcon3, chatml, falcon-e" model run --chat --chat-form qwen --prompt x
finish
