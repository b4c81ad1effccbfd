#!/bin/bash
# Forwarding by nat, with real TCP stacks: targets that have no VIP and listen on another
# port; their replies come back by the balancer, to whichever worker, and go on to the client.
# Rows: P1, P2, P4, P5, P6.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

VIP6=fd00::80
udp_servers=()

lab_topology
ipv6_add client-1 fd00::11
for number in 1 2 3; do
  ipv6_add "web-$number" "fd00::10$number"
  in_background "web-$number" "$LAB_DIR/web-$number/v6.log" /usr/bin/python3 \
    "$LAB_SOURCES/_tcp_server.py" "fd00::10$number" 8080 "web-$number"
done
for target in "${TARGETS[@]}"; do
  ip -n "$LAB_ID-$target" address del "$VIP/32" dev lo
  in_background "$target" "$LAB_DIR/$target/udp.log" /usr/bin/python3 \
    "$LAB_SOURCES/_udp_server.py" 0.0.0.0 9001 "$target"
  udp_servers+=("$LAST_PID")
done
write_config
sed -i -e '1i nat: {ports: 20000-23999}' \
  -e "s/^    vip: $VIP/    forwarding: nat\n&/" \
  -e 's/ports: \[80\]/&\n    target_port: 8080/' -e 's/ports: \[9000\]/&\n    target_port: 9001/' \
  -e 's|addresses: \[10.0.0.2/24\]|addresses: [10.0.0.2/24, "fd00::2/64"]|' \
  -e '/^services:/i\  - {name: v6-1, address: "fd00::101"}\n  - {name: v6-2, address: "fd00::102"}\n  - {name: v6-3, address: "fd00::103"}' \
  "$CONFIG"
cat >>"$CONFIG" <<YAML
  - name: web6
    vip: $VIP6
    protocol: tcp
    ports: [80]
    forwarding: nat
    target_port: 8080
    targets: [{target: v6-1}, {target: v6-2}, {target: v6-3}]
YAML
# Whatever passes a client: nothing but the VIP may speak to it.
in_background client-1 "$LAB_DIR/seen" tcpdump --immediate-mode -lnqi lan0 \
  'tcp and (net 10.0.0.100/30 or src host 10.0.0.2)'
in_background web-2 "$LAB_DIR/at-target" tcpdump --immediate-mode -lnvi lan0 \
  'tcp and src host 10.0.0.2'
wait_until 5 grep -q listening "$LAB_DIR/seen"
wait_until 5 grep -q listening "$LAB_DIR/at-target"
start_with_config

ask_many client-1 200 | check_shares 30 110
expect_metric 200 holdfast_connection_requests_total decision=balanced
check "targets get them from the balancer's address and ports, at their own port" \
  wait_until 5 grep -q '10.0.0.2.2[0-3][0-9]* > 10.0.0.102.8080' "$LAB_DIR/at-target"
check_fails "checksums are right" grep -q incorrect "$LAB_DIR/at-target"
check "replies came back by it" is "$(metric holdfast_returned_packets_total service=web) > 800"
check "both workers have connections" eval \
  'is "$(metric holdfast_connection_requests_total worker=0) > 0" &&
   is "$(metric holdfast_connection_requests_total worker=1) > 0"'

# 64 MB back, and 16 MB there.
expect "$LARGE_SIZE" in_host client-1 curl -s -o /dev/null --max-time 60 -w '%{size_download}' \
  "http://$VIP/large"
expect 200 eval 'head -c 16777216 /dev/zero | in_host client-1 curl -s -o /dev/null --max-time 60 \
  -w "%{http_code}" --data-binary @- "http://$VIP/"'

in_host client-1 curl -s --max-time 20 -H 'Connection: close' "http://[$VIP6]/?[1-90]" |
  check_shares 9 81

expect 12 eval 'ask_udp client-1 9000 $(seq 5001 5012) | awk "{print \$2}" | grep -c "^web-"'

# A client is held, and its open connection stays.
keep_asking client-2 "$LAB_DIR/open"
wait_until 5 has_lines "$LAB_DIR/open" 3
expect STARTED outcome_of start_affinity web-3 10.0.0.12
expect "web-3=40" eval 'ask_many client-2 40 | tally'
expect_undisturbed "$LAB_DIR/open" "$(head -n 1 "$LAB_DIR/open" | cut -d' ' -f1)"

# Nobody listens there: the target's port unreachable arrives as the VIP's.
stop_processes "${udp_servers[@]}"
in_background client-1 "$LAB_DIR/icmp" tcpdump --immediate-mode -lni lan0 icmp
wait_until 5 grep -q listening "$LAB_DIR/icmp"
ask_udp client-1 9000 6001 >/dev/null || true
check "an ICMP error comes from the VIP, about what the client sent" \
  wait_until 5 grep -q "$VIP > 10.0.0.11: ICMP $VIP udp port 9000 unreachable" "$LAB_DIR/icmp"

expect_in "by nat from 10.0.0.2 to 10.0.0.10" ctl explain --client 10.0.0.11:40000 --vip "$VIP:80"
check_fails "no target speaks to a client" grep -q '> 10.0.0.11' "$LAB_DIR/seen"
expect_metric 0 holdfast_drops_total reason=handover_full
expect_metric 0 holdfast_drops_total reason=nat_full
stop_balancer
