#!/bin/bash
# On huge pages the balancer serves as without them, and gives them back.
. "$(dirname "$0")/_lab.sh"
HUGE_PAGES=true

free_pages() { awk '/^HugePages_Free/ {print $2}' /proc/meminfo; }

take_huge_pages 128 || skip "this machine has no 128 huge pages to give"
free=$(free_pages)

lab_topology
lab_start_balancer
check "it uses huge pages" is "$(free_pages) < $free"
check_fails "it does not warn of what it costs to be without" grep -i "huge pages" "$LOG"
ask_many client-1 90 | check_shares 9 81
expect STARTED outcome_of start_affinity web-2 10.0.0.11
expect "web-2=20" eval 'ask_many client-1 20 | tally'

stop_balancer
wait_until 3 eval '[[ $(free_pages) == "$free" ]]'
