#!/bin/sh
# Does the tool catch a runtime that was broken on purpose?
#
#   expect_caught.sh TOOL SCENARIO PROPERTY
#
# The tool must find the property violated within 200 seeds, keep the failing experiment, and fail again in
# the same way when it replays what it kept.
set -eu

if [ $# -ne 3 ]; then
  echo 'usage: expect_caught.sh TOOL SCENARIO PROPERTY' >&2
  exit 2
fi
tool=$1 scenario=$2 property=$3

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$directory"

fail() {
  printf '%s\n' "$*" >&2
  for file in check.json check.err replay.json replay.err; do
    [ ! -s "$file" ] || { echo "--- $file" >&2; head -c 4000 "$file" >&2; echo >&2; }
  done
  exit 1
}

# The objects of a JSON document, one a line, without spaces: enough to find flat fields that belong together.
objects() { tr -d ' \t\r\n' <"$1" | tr '{' '\n'; }

code=0
"$tool" check "$scenario" --seeds 200 --format json >check.json 2>check.err || code=$?
[ "$code" -eq 1 ] || fail "check $scenario: exit code $code, expected 1"
objects check.json | grep -F "\"name\":\"$property\"" | grep -q -F '"verdict":"violated"' ||
  fail "check $scenario did not find $property violated"

kept=$(grep -l -F "\"$property\"" orrery-regressions/*.toml 2>/dev/null | head -n 1) || kept=
[ -n "$kept" ] || fail "check $scenario kept no experiment that names $property"
fingerprint=$(sed -n 's/.*fingerprint *= *"\([^"]*\)".*/\1/p' "$kept" | head -n 1)
[ -n "$fingerprint" ] || fail "$kept has no fingerprint"

code=0
"$tool" replay "$kept" --format json >replay.json 2>replay.err || code=$?
[ "$code" -eq 1 ] || fail "replay $kept: exit code $code, expected 1"
objects replay.json | grep -q -F "\"fingerprint\":\"$fingerprint\"" ||
  fail "replay $kept: another fingerprint than $fingerprint"
objects replay.json | grep -F "\"name\":\"$property\"" | grep -q -F '"verdict":"violated"' ||
  fail "replay $kept did not find $property violated"
