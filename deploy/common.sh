# shellcheck shell=bash
# What the scripts beside this file share. They run from the repository's root.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
# shellcheck disable=SC2034
state=.build/deploy # what was deployed before, for deploy/roll-back

if [[ -n ${AWS_REGION:-} ]]; then
    export AWS_DEFAULT_REGION=$AWS_REGION # sam and aws know only this one
fi
export SAM_CLI_TELEMETRY=0 AWS_PAGER='' GIT_TERMINAL_PROMPT=0

say() { printf '==> %s\n' "$*"; }

fail() { # EXIT-CODE MESSAGE
    printf '==> %s\n' "$2" >&2
    exit "$1"
}

((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) ||
    fail 2 "bash 4.4 or newer is needed; this is $BASH_VERSION (macOS: brew install bash)"

for name in AWS_REGION ARTIFACTS_BUCKET STACK; do # as from a variable that was pasted with its line end
    [[ ! ${!name:-} =~ [[:space:]] ]] || fail 2 "$name holds white space: take it out"
done

named() { # STACK
    [[ $1 =~ ^[A-Za-z][A-Za-z0-9-]*$ ]] ||
        fail 2 "\"$1\" is no name of a stack: letters, digits and \"-\", a letter first"
}

needs() { # PROGRAM...
    local program
    for program; do
        command -v "$program" >/dev/null || fail 2 "there is no $program on the PATH; \"make deploy-tools\" brings \
aws and sam into .venv/deploy/bin: export PATH=\"\$PATH:\$PWD/.venv/deploy/bin\""
    done
}

manage_runs() {
    ./manage --help >/dev/null 2>&1 || fail 2 "./manage does not run: \"make manage\" prepares what it needs"
}

# Build what is in DIRECTORY and bring it to a stack. Parameters that are left out keep their values;
# those that its template does not know are ignored.
put() { # DIRECTORY STACK COMMIT [PARAMETER=VALUE...]
    local directory=$1 stack=$2 commit=$3
    shift 3
    ( # "set -e" does not reach into what is called with ||, hence the &&
        cd "$directory" && sam build &&
            sam deploy --stack-name "$stack" --no-confirm-changeset --no-fail-on-empty-changeset \
                --no-resolve-s3 --s3-bucket "$ARTIFACTS_BUCKET" --s3-prefix "$stack" \
                --parameter-overrides "$@" "Commit=$commit"
    )
}
