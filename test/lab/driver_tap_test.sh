#!/bin/bash
# The main job over a TAP device: clients are balanced, held, and let go.
# Rows: A1, A11, P2, P4.
. "$(dirname "$0")/_lab.sh"
[[ -c /dev/net/tun ]] || skip "this machine has no /dev/net/tun"
main_job_over tap
