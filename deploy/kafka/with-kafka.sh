#!/usr/bin/env bash
# Runs a command against a real Apache Kafka: with-kafka.sh COMMAND [ARGUMENT…]
#
# Fetches Kafka's published jars once (Maven, into ${XDG_CACHE_HOME:-~/.cache}/parlance/kafka-<version>), starts one
# node on free loopback ports with its data in a temporary folder, sets KAFKA_BROKERS, runs the command, stops the node.
# Needs Java 17 or newer, and Maven when the jars are not there yet. Exits with the command's status.
#
#   KAFKA_VERSION      another version than the default in pom.xml (3.9.x)
#   KAFKA_START_LIMIT  seconds to wait for the node, default 90
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=${KAFKA_VERSION:-$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")}
limit=${KAFKA_START_LIMIT:-90}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/parlance/kafka-$version

say() { echo "with-kafka: $*" >&2; }
[ $# -gt 0 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
command -v java >/dev/null || { say "java is missing (Debian: apt-get install openjdk-17-jre-headless)"; exit 69; }

# The jars: into a folder beside, then renamed, so that a broken download is never taken for a whole one.
if [ ! -d "$cache" ]; then
    command -v mvn >/dev/null || { say "mvn is missing (Debian: apt-get install maven)"; exit 69; }
    say "fetching Kafka $version into $cache"
    mkdir -p "$(dirname "$cache")"
    fetched=$(mktemp -d "$cache.XXXXXX")
    mvn --batch-mode --quiet -f "$here/pom.xml" -Dkafka.version="$version" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$fetched" >&2 || { rm -rf "$fetched"; say "Maven failed"; exit 69; }
    # Somebody else may have been faster.
    mv -T "$fetched" "$cache" 2>/dev/null || rm -rf "$fetched"
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/parlance-kafka.XXXXXX")
node=
stop() {
    if [ -n "$node" ] && kill "$node" 2>/dev/null; then
        for _ in $(seq 100); do kill -0 "$node" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$node" 2>/dev/null || true
        wait "$node" 2>/dev/null || true
    fi
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Becomes the Java process, so that a signal reaches that: call it in a subshell, $(…) or in the background only.
kafka() {
    local class=$1 memory=$2
    shift 2
    exec java -Xms64m "-Xmx$memory" "-Dlog4j.configuration=file:$here/log4j.properties" -cp "$cache/*" "$class" "$@"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range that the system hands out, so that no client's own port gets in between.
free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        listens "$port" || { echo "$port"; return; }
    done
}

start() {
    port=$(free_port)
    controller_port=$(free_port)
    sed -e "s:@PORT@:$port:g" -e "s:@CONTROLLER_PORT@:$controller_port:g" -e "s:@DATA@:$dir/data:g" \
        "$here/server.properties" >"$dir/server.properties"
    rm -rf "$dir/data"
    (kafka kafka.tools.StorageTool 128m format -g -t "$cluster" -c "$dir/server.properties") >"$dir/format.log" 2>&1 ||
        { cat "$dir/format.log" >&2; say "cannot format"; exit 70; }
    kafka kafka.Kafka 512m "$dir/server.properties" >"$dir/kafka.log" 2>&1 &
    node=$!
    for _ in $(seq $((limit * 5))); do
        kill -0 "$node" 2>/dev/null || { wait "$node" || true; node=; return 1; }
        # The port is opened only when the node serves.
        if listens "$port"; then return 0; fi
        sleep 0.2
    done
    tail -50 "$dir/kafka.log" >&2
    say "Kafka was not ready within $limit s"
    exit 70
}

cluster=$(kafka kafka.tools.StorageTool 128m random-uuid | tail -1)
# A port may be taken in the moment between looking and listening: then once more with others.
start || { say "Kafka ended at its start; trying other ports"; start || { tail -50 "$dir/kafka.log" >&2; exit 70; }; }

export KAFKA_BROKERS=127.0.0.1:$port
say "Kafka $version at KAFKA_BROKERS=$KAFKA_BROKERS"
status=0
"$@" || status=$?
[ "$status" -eq 0 ] || { say "the last lines of Kafka's log:"; tail -20 "$dir/kafka.log" >&2; }
exit "$status"
