#!/bin/bash
# The machinery of labs and of scripts/demo: the real programs and real peers in
# network namespaces. Source it first; it makes nothing until a verb is called.
#
# Everything a lab makes carries the id of its run, so that several labs and a
# demo can run at once; what a run made, and nothing else, is gone when it ends,
# however it ends.
#
#   _hosts.sh     namespaces, the switch, clients and targets, requests
#   _balancer.sh  holdfastd, holdfastctl, counters
#
# A lab ends with status 0 when all it expected came true, 77 when it cannot run
# here (skip), anything else is a failure.
set -euo pipefail

LAB_SOURCES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPOSITORY=$(cd "$LAB_SOURCES/../.." && pwd)
BUILD=${HOLDFAST_BUILD:-$REPOSITORY/build/release}
LAB_ID=hf$$
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-lab.XXXXXX")
chmod 755 "$LAB_DIR" # nginx's workers are not root
LAB_HOSTS=()         # namespaces are called $LAB_ID-<host>
LAB_PIDS=()          # what runs in the background
LAB_HUGE_PAGES=0     # how many this run added to the machine's

# shellcheck source=test/lab/_hosts.sh
. "$LAB_SOURCES/_hosts.sh"
# shellcheck source=test/lab/_balancer.sh
. "$LAB_SOURCES/_balancer.sh"

# --- the end of a run -----------------------------------------------------------

lab_clean_up() {
  local status=$?
  trap '' INT TERM
  trap - EXIT ERR
  set +e
  # Not when it was skipped, or interrupted.
  if ((status != 0 && status != 77 && status < 130)) && [[ -s $LAB_DIR/holdfastd.log ]]; then
    echo "--- holdfastd's last words" >&2
    tail -n 30 "$LAB_DIR/holdfastd.log" >&2
  fi
  stop_processes "${LAB_PIDS[@]}"
  local host
  for host in "${LAB_HOSTS[@]}"; do
    # Only processes of this run can be in a namespace that this run made.
    # shellcheck disable=SC2046
    stop_processes $(ip netns pids "$LAB_ID-$host" 2>/dev/null)
    ip netns del "$LAB_ID-$host" 2>/dev/null
  done
  give_huge_pages_back
  rm -rf "$LAB_DIR"
  exit "$status"
}
trap lab_clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'echo "FAILED at ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND" >&2' ERR
set -E

is_running() { [[ -e /proc/$1 && $(ps -o stat= -p "$1" 2>/dev/null) != Z* ]]; }

# Asks the processes to end, waits up to three seconds, then insists.
stop_processes() {
  local pid turn
  for pid in "$@"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    for ((turn = 0; turn < 60; turn++)); do
      is_running "$pid" || break
      sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# --- keeping a run --------------------------------------------------------------

# lab_keep: this run outlives its shell; lab_adopt in another one can end it.
lab_keep() {
  printf 'LAB_ID=%s\nLAB_HOSTS=(%s)\nLAB_HUGE_PAGES=%s\n' "$LAB_ID" "${LAB_HOSTS[*]}" \
    "$LAB_HUGE_PAGES" >"$LAB_DIR/run"
  trap - EXIT
}

# lab_adopt DIRECTORY: takes over a kept run; it ends with this shell.
lab_adopt() {
  [[ -f $1/run ]] || fail "'$1' is no directory of a kept run"
  rm -rf "$LAB_DIR"
  LAB_DIR=$1
  # shellcheck disable=SC1091
  . "$LAB_DIR/run"
}

# --- huge pages -----------------------------------------------------------------

# Sees to it that COUNT huge pages are free; false if the machine has no room.
take_huge_pages() {
  local wanted=$1 free all now
  free=$(awk '/^HugePages_Free/ {print $2}' /proc/meminfo)
  ((free >= wanted)) && return 0
  all=$(</proc/sys/vm/nr_hugepages)
  echo $((all + wanted - free)) >/proc/sys/vm/nr_hugepages 2>/dev/null || return 1
  now=$(</proc/sys/vm/nr_hugepages)
  LAB_HUGE_PAGES=$((now - all))
  if ((now < all + wanted - free)); then
    give_huge_pages_back
    return 1
  fi
}

# Takes off what this run added: another run's pages stay.
give_huge_pages_back() {
  ((LAB_HUGE_PAGES == 0)) && return 0
  echo $(($(</proc/sys/vm/nr_hugepages) - LAB_HUGE_PAGES)) >/proc/sys/vm/nr_hugepages
  LAB_HUGE_PAGES=0
}

# --- what a lab expects ---------------------------------------------------------

# fail SENTENCE: the lab ends here.
fail() {
  trap - ERR
  echo "FAILED: $*" >&2
  local frame
  for ((frame = 1; frame < ${#FUNCNAME[@]}; frame++)); do
    echo "  in ${BASH_SOURCE[frame]##*/}:${BASH_LINENO[frame - 1]}" >&2
  done
  exit 1
}

skip() {
  echo "SKIPPED: $*" >&2
  exit 77
}

# check SENTENCE COMMAND...: the command succeeds.
check() {
  local sentence=$1
  shift
  "$@" || fail "$sentence (this failed: $*)"
  echo "  ok: $sentence"
}

# check_fails SENTENCE COMMAND...: the command has another status than 0.
check_fails() {
  local sentence=$1
  shift
  if "$@"; then fail "$sentence (this succeeded: $*)"; fi
  echo "  ok: $sentence"
}

# expect TEXT COMMAND...: the command prints exactly TEXT.
expect() {
  local wanted=$1 got
  shift
  got=$("$@") || true
  [[ $got == "$wanted" ]] || fail "wanted '$wanted', got '$got' from: $*"
  echo "  ok: $* = $wanted"
}

# expect_in TEXT COMMAND...: TEXT is a part of what the command prints.
expect_in() {
  local wanted=$1 got
  shift
  got=$("$@" 2>&1) || true
  [[ $got == *"$wanted"* ]] || fail "'$wanted' is not in the output of: $*"$'\n'"$got"
  echo "  ok: $* says '$wanted'"
}

# wait_until SECONDS COMMAND...: the command succeeds before the time is over.
wait_until() {
  local seconds=$1 deadline=$((SECONDS + $1 + 1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "not within $seconds s: $*"
    sleep 0.05
  done
}

# milliseconds_since MOMENT: MOMENT is an earlier $EPOCHREALTIME.
milliseconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN {print int((to - from) * 1000)}'; }

# is EXPRESSION: arithmetic where a command is wanted: is "3 > 2"
is() { (($1)); }
