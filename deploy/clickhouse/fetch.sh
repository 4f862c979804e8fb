#!/bin/sh
# Fetches the ClickHouse engine (libchdb.so) that `parlance clickhouse` hosts.
#
# It comes as a package, by name, through npm and whatever registry npm is set up for; the package is
# checked against the SHA-512 pinned below before it is unpacked. Safe to run again and at the same time
# as another copy of itself: a library that is in place is left alone, a new one appears whole or not at all.
#
#   deploy/clickhouse/fetch.sh
#
# PARLANCE_CHDB_LIB     the library's path (or its folder); default: the user's cache folder, by version
# PARLANCE_CHDB_SHA512  base64 SHA-512 of the package on a platform whose sum is not pinned here
set -eu

# Kept equal to `VERSION` in src/library.rs by a test there.
version=26.7.3-stable.1

say() { printf 'clickhouse engine: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# A sum is pinned only after it was checked against the real package.
case "$(uname -s)-$(uname -m)" in
    Linux-x86_64)
        package=@chdb/lib-linux-x64-gnu
        pinned='XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==' ;;
    Linux-aarch64 | Linux-arm64) package=@chdb/lib-linux-arm64-gnu pinned= ;;
    Darwin-arm64) package=@chdb/lib-darwin-arm64 pinned= ;;
    Darwin-x86_64) package=@chdb/lib-darwin-x64 pinned= ;;
    *) fail "no package for $(uname -s) on $(uname -m): set CLICKHOUSE_URL to a ClickHouse server instead" ;;
esac

wanted=${PARLANCE_CHDB_LIB:-${XDG_CACHE_HOME:-$HOME/.cache}/parlance/chdb-$version/libchdb.so}
case "$wanted" in
    *.so) target=$wanted ;;
    *) target=$wanted/libchdb.so ;;
esac
if [ -s "$target" ]; then
    say "$target is in place"
    exit 0
fi

sum=${PARLANCE_CHDB_SHA512:-$pinned}
[ -n "$sum" ] || fail "no checksum is pinned for $package $version: check the package yourself and give its \
base64 SHA-512 in PARLANCE_CHDB_SHA512, or set CLICKHOUSE_URL to a ClickHouse server instead"
for tool in node npm tar; do
    command -v "$tool" >/dev/null || fail "$tool is needed and was not found"
done

folder=$(dirname "$target")
mkdir -p "$folder"
# Beside the target, so that the last step is a rename within one file system.
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

say "fetching $package $version (about 178 MB)"
(cd "$work" && npm pack --silent --pack-destination "$work" "$package@$version" >/dev/null) ||
    fail "npm could not fetch $package@$version"
set -- "$work"/*.tgz
[ -f "$1" ] || fail "npm left no package"

say 'checking its SHA-512'
# node comes with npm; the system's own tools for this differ from one system to the next.
actual=$(node -e 'const { createHash } = require("crypto"), { createReadStream } = require("fs");
    createReadStream(process.argv[1]).pipe(createHash("sha512").setEncoding("base64")).pipe(process.stdout)' "$1")
[ "$actual" = "$sum" ] || fail "checksum of $package@$version is $actual, expected $sum: refused"

say 'unpacking (about 566 MB)'
tar -xzf "$1" -C "$work" package/libchdb.so
chmod 0755 "$work/package/libchdb.so"
mv -f "$work/package/libchdb.so" "$target"
say "$target is ready"
