#!/bin/sh
# Does doctor catch a runtime whose runs were made to differ?
#
#   expect_nondeterminism.sh TOOL SCENARIO
#
# Within 50 seeds doctor must see two runs differ, and show the first different event of both.
set -eu

if [ $# -ne 2 ]; then
  echo 'usage: expect_nondeterminism.sh TOOL SCENARIO' >&2
  exit 2
fi
tool=$1 scenario=$2

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$directory"

fail() {
  printf '%s\n' "$*" >&2
  for file in out err; do
    [ ! -s "$file" ] || { echo "--- $file" >&2; head -c 4000 "$file" >&2; echo >&2; }
  done
  exit 1
}

code=0
"$tool" doctor "$scenario" --seeds 50 >out 2>err || code=$?
[ "$code" -eq 5 ] || fail "doctor $scenario: exit code $code, expected 5"
grep -q '^ Event .* is the first different one' out || fail "doctor $scenario did not name the first different event"
plain=$(sed -n 's/^   plain  *\([0-9][0-9]* [0-9][0-9]* .*\)/\1/p' out)
changed=$(sed -n 's/^   changed  *\([0-9][0-9]* [0-9][0-9]* .*\)/\1/p' out)
[ -n "$plain" ] && [ -n "$changed" ] || fail "doctor $scenario did not show both events"
[ "$plain" != "$changed" ] || fail "doctor $scenario showed an event that does not differ"
