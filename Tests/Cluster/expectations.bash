# What tests of whole jobs expect, for scripts that source this. What the job says is in $log.
#
#   find_program              sets `program`; says on standard output what is missing
#   passed WHAT, fail WHAT    says so; fail shows the log, what `more_evidence` prints, and ends
#   within SECONDS WHAT COMMAND...   waits for a command to succeed
#   expect_words WORDS        the log has them
#   has_logged RUN COUNT      steps; `run_folder RUN` is the run's directory
#
# shellcheck shell=bash

: "${log:?the file that the words of a job go to}"

find_program() {
  program=${GAN_DIST:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.build/release/gan-dist}
  if [ ! -x "$program" ]; then
    echo "no program at $program; build it with: swift build -c release"
    return 1
  fi
}

passed() { echo "passed: $1"; }

more_evidence() { :; }
fail() {
  echo "FAILED: $1" >&2
  { more_evidence; tail -n 200 "$log"; } 2>/dev/null | sed 's/^/  | /' >&2 || true
  exit 1
}

within() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || fail "waited in vain for $what"
    sleep 0.05
  done
}

expect_words() { grep -qF -- "$1" "$log" || fail "nobody said: $1"; }

steps_logged() { wc -l 2>/dev/null <"$(run_folder "$1")/log.jsonl" || echo 0; }
has_logged() { [ "$(steps_logged "$1")" -ge "$2" ]; }
