# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What `use` and `readme` share: steps in a root that mmdebstrap has made, printed as TAP. Set $root first, and source
# ../lib.sh. mmdebstrap runs them as root, of the machine or of a user namespace.
number=0 failed=0 who=root out=

# inside COMMAND...: in the root, as $who, in the home folder.
inside() {
    local home=/root
    [ "$who" = root ] || home=/home/$who
    # shellcheck disable=SC2154 # whoever sources this sets it
    chroot --userspec="$who:$who" "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=$home LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive bash -c 'cd && "$@"' bash "$@" </dev/null
}

# tap GOOD WHAT: what was said follows a step that failed.
tap() {
    number=$((number + 1))
    if $1; then echo "ok $number - $2"; else
        echo "not ok $number - $2"
        printf '# %s\n' "${out//$'\n'/$'\n'# }" | tail -n 60
        failed=1
    fi
}

# ends CODES TEXT COMMAND...: it ends with one of the codes, with bars between, and says the text.
ends() {
    local codes=$1 text=$2 status=0
    shift 2
    out=$(inside "$@" 2>&1) || status=$?
    out+=$'\n'"exit code $status"
    tap "$([[ $status =~ ^($codes)$ && $out == *"$text"* ]] && echo true || echo false)" "as $who: ${*//$'\n'/ }"
}

installs() {
    local good=true
    out=$(inside bash -c "apt-get install -qqy --no-install-recommends $*" 2>&1) || good=false
    tap $good "installs $*"
}

finish() {
    echo "1..$number"
    exit $failed
}

inside useradd --create-home --user-group stranger
out=$(inside apt-get update -qq 2>&1) || tap false "apt-get update"
