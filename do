#!/bin/sh
# Runs a command of this project inside its own ready environment; builds that environment first where it is missing or old.
set -eu

cd_root() { CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P; }
root=$(cd_root)
venv=${AGGREGATOR_VENV:-$root/.venv}

if [ $# -eq 0 ]; then
    cat <<'TXT'
usage: ./do COMMAND [ARGUMENT ...]

  ./do aggregator demo     the whole program on a small bundled world, no network needed
  ./do aggregator --help   every command
  ./do pytest              the tests
  ./do check               lint, types, import contract and tests

The environment is built in .venv the first time and whenever requirements.lock or pyproject.toml changed.
TXT
    exit 0
fi

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3.14 python3; do
        if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    say "do: needs Python 3.11 or newer with the venv module (Debian: apt-get install python3-venv)"
    exit 1
}

wanted=$(cat "$root/requirements.lock" "$root/pyproject.toml" | cksum)" $root"
if [ ! -f "$venv/.installed" ] || [ "$(cat "$venv/.installed")" != "$wanted" ]; then
    python=$(find_python)
    say "do: building $venv with $python (once; about half a minute)"
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$python" "$venv"
        uv pip sync --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes "$root/requirements.lock" >&2
        uv pip install --quiet --python "$venv/bin/python" --no-deps --config-settings editable_mode=compat -e "$root" >&2
    else
        # Debian splits ensurepip off; a pip outside can fill an environment without one (and is not barred by PEP 668)
        if "$python" -c 'import ensurepip' >/dev/null 2>&1; then
            "$python" -m venv "$venv"
            pip() { "$venv/bin/python" -m pip "$@"; }
        elif "$python" -m pip --version >/dev/null 2>&1; then
            "$python" -m venv --without-pip "$venv"
            pip() { "$python" -m pip --python "$venv/bin/python" "$@"; }
        else
            say "do: $python has neither ensurepip nor pip (Debian: apt-get install python3-venv)"
            exit 1
        fi
        pip install --quiet --disable-pip-version-check --require-hashes -r "$root/requirements.lock" >&2
        pip install --quiet --disable-pip-version-check --no-deps --config-settings editable_mode=compat -e "$root" >&2
    fi
    # pip compiles what it installs; the checkout itself would be compiled anew at every start where Python may write no caches
    "$venv/bin/python" -m compileall -q "$root/aggregator" >&2
    printf '%s' "$wanted" >"$venv/.installed"
fi

PATH="$venv/bin:$PATH"
export PATH
command=$1
shift
if [ "$command" = check ]; then
    cd "$root"
    ruff check .
    ruff format --check .
    mypy
    lint-imports
    exec pytest "$@"
fi
exec "$command" "$@"
