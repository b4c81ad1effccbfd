#!/bin/bash
# SIGTERM and SIGINT end the balancer under traffic within two seconds with status
# 0; its ports and sockets are free again, and it can be started at once.
. "$(dirname "$0")/_lab.sh"

lab_topology
for signal in TERM INT; do
  lab_start_balancer
  keep_asking client-1 "$LAB_DIR/open.$signal"
  in_background client-2 "$LAB_DIR/many.$signal" curl -s --max-time 10 -H 'Connection: close' \
    "http://$VIP/?[1-100000]"
  wait_until 15 has_lines "$LAB_DIR/many.$signal" 50
  check "it has sockets while it runs" test -n "$(open_sockets)"

  stop_balancer "$signal"
  expect "" open_sockets
  check_fails "the Unix socket is gone" test -e "$LAB_DIR/control.sock"
done

lab_start_balancer
check "the one started last serves" is "$(ask_many client-1 20 | grep -c web) == 20"

# A start with large tables takes a while: it is given up at once, too.
stop_balancer
write_config
sed -i 's/per_worker: 65536/per_worker: 30000000/' "$CONFIG"
rm "$LOG" # the last one's, which has the word already
in_background lb "$LOG" "$HOLDFASTD" --config "$CONFIG"
BALANCER_PID=$LAST_PID
wait_until 10 grep -q "warning" "$LOG"
stop_balancer
