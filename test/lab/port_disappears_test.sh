#!/bin/bash
# A port that disappears under the balancer ends it: with a message that names the
# port and a status other than 0, so that what supervises it takes over.
. "$(dirname "$0")/_lab.sh"

lab_topology
lab_start_balancer
expect_in web- ask client-1

ip -n "$LAB_ID-lb" link del lan0
wait_until 10 eval '! is_running "$BALANCER_PID"'
status=0
wait "$BALANCER_PID" || status=$?
check "it ended with status $status, not by a signal" is "$status > 0 && $status < 124"
check "it says which port" grep -E "port '?lan\b" "$LOG"
expect "" open_sockets
