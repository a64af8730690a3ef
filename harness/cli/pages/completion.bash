# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # completion.py puts the tables _qkbench_* in front
# Completes commands, options, files, and the parts of a pattern op/variant/shape.

# _qkbench_match VALUE KEEP WORD...: the words that begin with VALUE, with KEEP in front.
_qkbench_match() {
    local value=$1 keep=$2 word
    shift 2
    for word in "$@"; do
        [[ $word != "$value"* ]] || COMPREPLY+=("$keep$word")
    done
}

# _qkbench_of OP TABLE: sets `found` to what the table has of the ops. A glob stands for all ops that it matches.
_qkbench_of() {
    local -n table=_qkbench_$2
    local op
    found=()
    for op in "${!table[@]}"; do
        # shellcheck disable=SC2053,SC2206 # a glob, and a list of words
        [[ $op != $1 ]] || found+=(${table[$op]})
    done
}

# A part that is whole brings the next part along: else readline would close an open quote behind it.
_qkbench_pattern() {
    local value=$1 op=${1%%/*} rest=${1#*/} variant found
    case $value in
    */*/*)
        variant=${rest%%/*}
        _qkbench_of "$op" shapes
        _qkbench_match "${rest#*/}" "$op/$variant/" "${found[@]}"
        ;;
    */*)
        compopt -o nospace 2>/dev/null
        _qkbench_of "$op" variants
        _qkbench_match "$rest" "$op/" "${found[@]}"
        if [ ${#COMPREPLY[@]} = 1 ]; then _qkbench_pattern "${COMPREPLY[0]}/"; fi
        ;;
    *)
        compopt -o nospace 2>/dev/null
        _qkbench_match "$value" '' "${!_qkbench_variants[@]}"
        COMPREPLY=("${COMPREPLY[@]/%//}")
        if [ ${#COMPREPLY[@]} = 1 ]; then
            value=${COMPREPLY[0]}
            COMPREPLY=()
            _qkbench_pattern "$value"
        fi
        ;;
    esac
}

# _qkbench_value VALUE KIND...: what a value can be.
_qkbench_value() {
    local value=$1 kind keep
    shift
    for kind in "$@"; do
        case $kind in
        @op) _qkbench_match "$value" '' "${!_qkbench_variants[@]}" ;;
        @pattern) _qkbench_pattern "$value" ;;
        @directory) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$value") ;;
        @file | @set)
            # shellcheck disable=SC2086 # words
            [ "$kind" = @file ] || _qkbench_match "$value" '' $_qkbench_sets
            keep=${value%"${value##*[=:]}"} # NAME=FILE, ggml:FILE
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -P "$keep" -f -- "${value#"$keep"}")
            ;;
        *) _qkbench_match "$value" '' "$kind" ;;
        esac
        case $kind in @directory | @file | @set) compopt -o filenames 2>/dev/null ;; esac
    done
}

_qkbench() {
    local line=${COMP_LINE:0:COMP_POINT} own=${COMP_WORDS[COMP_CWORD]} command=qkbench value word words i found
    local given=0 option=''
    COMPREPLY=()
    # COMP_WORDS is cut at the = and : inside of words.
    read -ra words <<<"$line"
    [[ $line != *[[:space:]] ]] || words+=('')
    value=${words[-1]}
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [ -n "$option" ]; then
            option=
        elif [[ $word == -* ]]; then
            [[ -z ${_qkbench_values[$command $word]+is} ]] || option=$word
        elif [[ " ${_qkbench_commands[$command]} " == *" $word "* && $given = 0 ]]; then
            if [ -n "${_qkbench_options[$command $word]+is}" ]; then command+=" $word"; else given=1; fi
        else
            given=1
        fi
    done
    if [[ -z $option && $value == --*=* ]]; then
        option=${value%%=*}
        value=${value#*=}
    fi
    [[ $own != [=:] ]] || own=
    word=${words[-1]%"$own"}      # what stays of the word
    found=${words[-1]%"$value"}   # what is in front of the value
    [[ $value != [\'\"]* ]] || value=${value:1} # the shell keeps an open quote
    # shellcheck disable=SC2086 # kinds and words
    if [ -n "$option" ]; then
        _qkbench_value "$value" ${_qkbench_values[$command $option]}
    elif [[ $value == -* ]]; then
        compopt -o nospace 2>/dev/null
        for i in ${_qkbench_options[$command]}; do
            _qkbench_match "$value" '' "$i$([[ $i == *= ]] || echo ' ')"
        done
    elif [[ -n ${_qkbench_commands[$command]} && $given = 0 ]]; then
        _qkbench_match "$value" '' ${_qkbench_commands[$command]}
    else
        _qkbench_value "$value" ${_qkbench_arguments[$command]}
    fi
    for i in "${!COMPREPLY[@]}"; do
        value=$found${COMPREPLY[i]}
        COMPREPLY[i]=${value#"$word"}
    done
}
complete -F _qkbench qkbench
