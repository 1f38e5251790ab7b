#!/usr/bin/env bash
# Every test, in two streams side by side: flow tests mostly wait, all others mostly compute. Fails if either does.
# Of the flow tests, those of the engine go with the others, so that both streams take about as long, and those of the main
# job too: the browser's tests look at the same two studies, which are read once for both.
# The second stream's words come when both have ended.
set -uo pipefail
python=${1:?the interpreter}
waiting=tests/flow
engine="tests/flow/engine tests/flow/engine_triton"
studies=tests/flow/main_job
others=$(find tests -mindepth 1 -maxdepth 1 -type d ! -name flow ! -name __pycache__ | sort)
again=tests/flow/services/test_outside_postgres.py

aside=$(mktemp)
trap 'kill %1 2>/dev/null; wait; rm -f "$aside"' EXIT
trap 'exit 130' INT TERM

{
    code=0
    "$python" -m pytest "$studies" $others --durations=60 -o cache_dir=.pytest_cache/aside || code=1
    "$python" -m pytest $engine "$again" --durations=30 -o cache_dir=.pytest_cache/aside || code=1
    exit $code
} >"$aside" 2>&1 &
"$python" -m pytest "$waiting" --durations=60 --ignore="$again" --ignore="$studies" ${engine//tests/--ignore=tests}
first=$?
wait %1
second=$?
cat "$aside"
echo "flow tests: exit $first; all others: exit $second"
exit $((first != 0 || second != 0))
