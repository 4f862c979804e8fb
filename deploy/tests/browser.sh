#!/usr/bin/env bash
# Starts a Parlance of its own, sends it traffic, and lets a real Chromium look at every page.
set -euo pipefail
cd "$(dirname "$0")/../.."

data=$(mktemp -d)
binary=${PARLANCE_BINARY:-target/debug/parlance}
export PARLANCE_DATA=$data PARLANCE_BROKER_LISTEN=127.0.0.1:0
# What the developer's shell is configured for is not for this house.
unset KAFKA_BROKERS CLICKHOUSE_URL WHATSAPP_WEBHOOK_SECRET PARLANCE_BINARY PARLANCE_SHARED

PARLANCE_INGEST_LISTEN=127.0.0.1:0 PARLANCE_API_LISTEN=127.0.0.1:0 "$binary" up 2>"$data/up.log" &
up=$!
stop() {
    kill -INT "$up" 2>/dev/null || true
    wait "$up" || true
    rm -rf "$data"
}
trap stop EXIT

# A value of a flat JSON file: `field FILE KEY`.
field() { node -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$1" "$2"; }

for _ in $(seq 600); do
    if grep -q 'Parlance is up' "$data/up.log"; then break; fi
    kill -0 "$up" || { cat "$data/up.log"; exit 1; }
    sleep 0.2
done
grep -q 'Parlance is up' "$data/up.log" || { cat "$data/up.log"; exit 1; }

"$binary" demo --rate 60 --for 20s --late 5% --duplicates 2% >"$data/demo.log"

PARLANCE_API_URL=$(field "$data/run.json" api)
PARLANCE_INGEST_URL=$(field "$data/run.json" ingest)
WHATSAPP_WEBHOOK_SECRET=$(field "$data/credentials.json" webhook_secret)
export PARLANCE_API_URL PARLANCE_INGEST_URL WHATSAPP_WEBHOOK_SECRET
cd query-api/dashboard
npm run e2e
