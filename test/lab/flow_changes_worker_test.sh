#!/bin/bash
# A connection whose packets come to another worker than its first ones is found in
# that worker's table and goes on. A receive ring of a few frames makes the kernel
# spill an upload to the other worker's. Rows: P1, P5.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

upload() {
  head -c "$1" /dev/zero | in_host client-1 curl -s --max-time 60 --data-binary @- \
    -H 'Content-Type: application/octet-stream' "http://$VIP/"
}

lab_topology
write_config
sed -i 's/qpairs={queues}/&,blocksz=4096,framesz=2048,framecnt=8/' "$CONFIG"
start_with_config

for ((turn = 1; turn <= 5; turn++)); do
  expect_in web- upload 8000000
  if is "$(metric holdfast_packets_total step=other_worker) > 0"; then break; fi
done
check "the other worker found the connection" is "$(metric holdfast_packets_total step=other_worker) > 0"
expect_metric "$turn" holdfast_connection_requests_total decision=balanced
expect_metric 0 holdfast_packets_total step=ring
