#!/bin/bash
# Forwarding mode ipip: packets reach their target inside another IPv4 header, and
# real TCP stacks talk through it as ever: balanced, held, let go. Rows: P1, P2, P4.
. "$(dirname "$0")/_lab.sh"

[[ -c /dev/net/tun ]] || skip "this machine has no /dev/net/tun for the targets' tunnels"
lab_topology
for target in "${TARGETS[@]}"; do
  in_background "$target" "$LAB_DIR/$target/tunnel.log" /usr/bin/python3 \
    "$LAB_SOURCES/_ipip_tunnel.py" ipip0
  wait_until 5 ip -n "$LAB_ID-$target" link show ipip0 up
done
write_config
sed -i "s/^    vip: $VIP/    forwarding: ipip\n&/" "$CONFIG"
start_with_config

in_background web-2 "$LAB_DIR/capture" \
  tcpdump --immediate-mode -lnqi lan0 'ip proto 4 and src host 10.0.0.2'
wait_until 5 grep -q listening "$LAB_DIR/capture"
ask_many client-1 90 | check_shares 9 81
check "web-2 got packets inside others" \
  wait_until 5 grep -q "10.0.0.2 > 10.0.0.102" "$LAB_DIR/capture"

keep_asking client-1 "$LAB_DIR/open"
wait_until 5 has_lines "$LAB_DIR/open" 3
expect STARTED outcome_of start_affinity web-3 10.0.0.11
expect "web-3=20" eval 'ask_many client-1 20 | tally'
expect_undisturbed "$LAB_DIR/open" "$(head -n 1 "$LAB_DIR/open" | cut -d' ' -f1)"
expect ENDED outcome_of end_affinity web-3 10.0.0.11
ask_many client-1 90 | check_shares 9 81
