#!/bin/sh
# Makes the environment .venv from a lock file, or brings it up to date: requirements/install.sh requirements/base.txt
# Needs Python 3.11 or later. Where Debian's or Ubuntu's Python came without venv, it is installed, if we may.
set -eu

lock=$1
python=${PYTHON:-python3}
environment=$(dirname "$0")/../.venv
packages=$(dirname "$0")/uv.txt

say() { echo "agentchat-check: $1" >&2; }
die() {
    say "$1"
    shift
    for line in "$@"; do echo "  $line" >&2; done
    exit 2
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null ||
    die "set up the environment" \
        "expected:   Python 3.11 or later, as $python" \
        "actual:     $("$python" --version 2>&1 || true)" \
        "next step:  install it, or name another one: make PYTHON=/path/to/python3.11 …"

# Debian and Ubuntu ship venv's other half as a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    if [ -n "${AGENTCHAT_CHECK_NO_INSTALL:-}" ] || [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        die "set up the environment" \
            "expected:   a Python that makes virtual environments" \
            "actual:     $python has no ensurepip" \
            "next step:  install the package python3-venv"
    fi
    say "going to install the package python3-venv"
    if [ -t 0 ]; then
        printf 'agentchat-check: go on? [Y/n] ' >&2
        read -r answer
        case $answer in [nN]*) die "declined; install the package python3-venv, then run this again" ;; esac
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv > /dev/null
fi

# An environment that was cut short while it was made, or whose Python is gone, is made again.
"$environment/bin/python" -c 'import pip' 2> /dev/null || "$python" -m venv --clear "$environment"
PATH=$(cd "$environment/bin" && pwd):$PATH
export VIRTUAL_ENV=${PATH%%/bin:*} PIP_DISABLE_PIP_VERSION_CHECK=1

pip install --quiet --require-hashes --requirement "$packages"
# The host's own authorities: behind a proxy that inspects TLS uv's do not suffice.
install() { uv --quiet --system-certs pip install "$@"; }
install --require-hashes --requirement "$lock"
install --no-deps --no-build-isolation --editable "$(dirname "$0")/.."
