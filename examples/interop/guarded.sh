#!/usr/bin/env bash
# guarded.sh BINARY COMMAND...: starts Keywright with the examples' configuration, then the command,
# which is to serve the notes API, and shows that what it must accept and refuse. A line for each step.
#
# The command finds in its environment ISSUER, ISSUER_PORT, PORT (to serve on), BEHIND_PORT (free for
# its own use), API_CLIENT_ID, API_CLIENT_SECRET (to introspect) and SCRATCH (a directory).
set -euo pipefail

examples=$(cd "$(dirname "$0")/.." && pwd)
binary=$1
shift

free_ports() {
    python3 -c 'import socket
taken = [socket.socket() for _ in range(3)]
for one in taken: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in taken))'
}

SCRATCH=$(mktemp -d)
read -r ISSUER_PORT PORT BEHIND_PORT < <(free_ports)
ISSUER=http://127.0.0.1:$ISSUER_PORT
API_CLIENT_ID=notes-api
API_CLIENT_SECRET=notes-api-secret-for-the-examples-only
export SCRATCH ISSUER ISSUER_PORT PORT BEHIND_PORT API_CLIENT_ID API_CLIENT_SECRET
export KEYWRIGHT_CONFIG=$examples/keywright.toml KEYWRIGHT_DATA_DIR=$SCRATCH/data
export KEYWRIGHT_ISSUER=$ISSUER KEYWRIGHT_LISTEN=127.0.0.1:$ISSUER_PORT
export KEYWRIGHT_MANAGEMENT__LISTEN=

processes=()
finish() {
    local status=$?
    [ "$status" -eq 0 ] || tail -n 40 "$SCRATCH"/*.log >&2
    kill "${processes[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$SCRATCH"
}
trap finish EXIT

# status PATH CURL_ARGUMENT...: the status of the API's answer.
status() {
    local path=$1
    shift
    curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' "$@" \
        "http://127.0.0.1:$PORT$path" || true
}

# token CLIENT SCOPE: an access token in the client's own name.
token() {
    curl --silent --fail --noproxy '*' -u "$1:$1-secret-for-the-examples-only" \
        -d grant_type=client_credentials -d "scope=$2" "$ISSUER/token" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}

# step SENTENCE STATUS CURL_ARGUMENT...
step() {
    local sentence=$1 wanted=$2
    shift 2
    local got
    got=$(status /notes "$@")
    [ "$got" = "$wanted" ] || { echo "FAILED $sentence: $got in place of $wanted"; exit 1; }
    echo "ok $sentence: $got"
}

wait_for() {
    for _ in $(seq 300); do
        if curl --silent --noproxy '*' --output /dev/null "$1"; then return; fi
        sleep 0.2
    done
    echo "FAILED nobody answers at $1"
    exit 1
}

"$binary" serve > "$SCRATCH/keywright.log" 2>&1 &
processes+=($!)
wait_for "$ISSUER/jwks"
"$@" > "$SCRATCH/api.log" 2>&1 &
processes+=($!)
wait_for "http://127.0.0.1:$PORT/notes"

write=(--json '{"text": "All is well."}')
both=$(token journal 'notes:read notes:write')
step 'a token with the scope is accepted' 200 -H "Authorization: Bearer $both"
step 'no token is refused' 401
step 'a tampered token is refused' 401 -H "Authorization: Bearer ${both%????}AAAA"
step 'a token for another API is refused' 401 \
    -H "Authorization: Bearer $(token robot archive:read)"
step 'a token without the scope is refused' 403 "${write[@]}" \
    -H "Authorization: Bearer $(token robot notes:read)"
got=$(status /notes "${write[@]}" -H "Authorization: Bearer $both")
case $got in 200 | 201) echo "ok a note is written: $got" ;; *) echo "FAILED writing: $got"; exit 1 ;; esac
