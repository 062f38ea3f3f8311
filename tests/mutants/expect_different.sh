#!/bin/sh
# Do the conformance programs notice semantics that were changed on purpose?
#
#   expect_different.sh CONFORMANCE_TEST PROGRAM
#
# The test must fail, and this program be among those that are not as in workerd.
set -eu

if [ $# -ne 2 ]; then
  echo 'usage: expect_different.sh CONFORMANCE_TEST PROGRAM' >&2
  exit 2
fi

code=0
output=$("$1" --gtest_brief=1 --gtest_filter='Programs/*' 2>&1) || code=$?
if [ "$code" -ne 1 ]; then
  echo "exit code $code, expected 1" >&2
  exit 1
fi
if ! printf '%s\n' "$output" | grep -q "FAILED.*AsInWorkerd/$2,"; then
  printf '%s\n' "$output" | grep FAILED >&2
  echo "$2 is as in workerd" >&2
  exit 1
fi
