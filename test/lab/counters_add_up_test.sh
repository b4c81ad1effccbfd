#!/bin/bash
# Every packet is accounted for: forwarded, local and dropped are together what
# the workers received, that is what the kernel delivered to the port; and what
# they sent is what the kernel saw leave it. Rows: O.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

# kernel_counts rx|tx: of the port's interface.
kernel_counts() {
  in_host lb ip -j -s link show lan0 | jq ".[0].stats64.$1.packets"
}

# All counters in one line, from one scrape, between two equal readings of the kernel's.
read_counters() {
  local rx tx
  rx=$(kernel_counts rx) tx=$(kernel_counts tx)
  scrape >"$LAB_DIR/metrics"
  [[ $rx == "$(kernel_counts rx)" && $tx == "$(kernel_counts tx)" ]] || return 1
  counters=$(for name in packets local_packets drops worker_rx_packets worker_tx_packets; do
    metric_in "holdfast_${name}_total" <"$LAB_DIR/metrics"
  done | xargs)" $rx $tx"
}

# Twice the same with half a second between: nothing is on its way.
when_quiet() {
  local last=
  read_counters || return 1
  last=$counters
  sleep 0.5
  read_counters && [[ $counters == "$last" ]]
}

difference() { paste <(xargs -n 1 <<<"$1") <(xargs -n 1 <<<"$2") | awk '{print $2 - $1}' | xargs; }

lab_topology
for target in "${TARGETS[@]}"; do udp_server_start "$target" 9000; done
lab_start_balancer
wait_until 10 when_quiet
before=$counters

ask_many client-1 100 >"$LAB_DIR/names"
ask_many client-2 100 >>"$LAB_DIR/names"
ask_udp client-1 9000 {30001..30030} >>"$LAB_DIR/names"
in_host client-1 ping -q -c 5 -i 0.05 "$VIP" >/dev/null
in_host client-1 arping -q -c 2 -I lan0 "$VIP"
in_host client-2 curl -s --max-time 1 "http://$VIP:81/" || true # no service: dropped
for target in "${TARGETS[@]}"; do ctl target drain "$target" >/dev/null; done
in_host client-2 curl -s --max-time 1 "http://$VIP/" || true # refused

wait_until 10 when_quiet
read -r packets local drops worker_rx worker_tx kernel_rx kernel_tx < <(difference "$before" "$counters")
check "$packets forwarded + $local local + $drops dropped = $worker_rx received by workers" \
  is "$packets + $local + $drops == $worker_rx"
check "$worker_rx received by workers = $kernel_rx delivered by the kernel" is "$worker_rx == $kernel_rx"
check "$worker_tx sent by workers = $kernel_tx seen by the kernel" is "$worker_tx == $kernel_tx"
check "there was something of everything" \
  is "$packets > 1000 && $local >= 7 && $drops >= 2 && $worker_tx > 1000"
