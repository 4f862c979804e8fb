#!/usr/bin/env bash
# Installs what the tests drive and this machine lacks. Needs root or sudo for Debian's packages.
set -euo pipefail

venv="${XDG_CACHE_HOME:-$HOME/.cache}/parlance/kafka-python-3"

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v kcat >/dev/null || missing+=(kcat)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v python3 >/dev/null || missing+=(python3)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]})); then
    echo "installing ${missing[*]}"
    as_root=()
    if ((EUID != 0)); then as_root=(sudo); fi
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if ! "$venv/bin/python" -c 'import kafka' 2>/dev/null; then
    echo "installing kafka-python into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'kafka-python>=3.0.12,<4'
fi
