#!/usr/bin/env bash
# Boots Keywright on a scratch directory with this folder's keywright.toml, walks the example's
# story against it, and stops it.
#
#   examples/django/try.sh KEYWRIGHT_BIN [DATABASE_URL]
#
# Without a database URL it runs on SQLite. PORT (8080) says where Keywright listens.
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 KEYWRIGHT_BIN [DATABASE_URL]" >&2
    exit 2
fi
keywright=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
port=${PORT:-8080}
scratch=$(mktemp -d)

export KEYWRIGHT_CONFIG="$here/keywright.toml"
export KEYWRIGHT_ISSUER="http://127.0.0.1:$port"
export KEYWRIGHT_LISTEN="127.0.0.1:$port"
export KEYWRIGHT_DATA_DIR="$scratch/data"
if [ $# -eq 2 ]; then
    export KEYWRIGHT_DATABASE__URL="$2"
    # PostgreSQL may have several replicas, so none of them may make up the master key.
    head -c 32 /dev/urandom | base64 >"$scratch/master.key"
    chmod 600 "$scratch/master.key"
    export KEYWRIGHT_MASTER_KEY_FILE="$scratch/master.key"
fi

export KEYWRIGHT_MANAGEMENT__LISTEN=
"$keywright" serve >"$scratch/log" 2>&1 &
server=$!
finish() {
    status=$?
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        echo "Keywright's log:" >&2
        tail -n 60 "$scratch/log" >&2
    fi
    rm -rf "$scratch"
}
trap finish EXIT

answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}
for _ in $(seq 300); do
    answers && break
    kill -0 "$server" 2>/dev/null || { echo "Keywright did not start" >&2; exit 1; }
    sleep 0.1
done
answers || { echo "Keywright does not answer on port $port" >&2; exit 1; }

python3 "$here/run.py" --issuer "$KEYWRIGHT_ISSUER"
