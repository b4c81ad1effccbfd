#!/bin/bash
# Targets in another subnet, behind a router, by ipip: one neighbour, the router, for all
# of them. It fails visibly, and comes back; a gateway becomes a route while connections
# go on.
#
#   client-1 10.0.0.11 ─┬─ lan ── [10.0.0.2 lb]
#                       └──────── 10.0.0.254 [router] 10.9.0.254 ── far ── web-1 10.9.0.101 ...
#
. "$(dirname "$0")/_lab.sh"

[[ -c /dev/net/tun ]] || skip "this machine has no /dev/net/tun for the targets' tunnels"

neighbours() {
  ctl neighbour list --json |
    jq -r '.neighbours[] | "\(.address) \(.state) \(.targets | join(","))"'
}

lab_topology
ip -n "$LAB_ID-switch" link add far type bridge forward_delay 0 mcast_snooping 0
ip -n "$LAB_ID-switch" link set far up
host_add router 10.0.0.254 192.168.254.150
cable router far0 far
ip -n "$LAB_ID-router" address add 10.9.0.254/24 dev far0
in_host router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.far0.rp_filter=0
for number in 1 2 3; do
  target=web-$number
  ip -n "$LAB_ID-$target" link set lan0 down
  cable "$target" far0 far
  ip -n "$LAB_ID-$target" address add "10.9.0.10$number/24" dev far0
  ip -n "$LAB_ID-$target" route add default via 10.9.0.254
  in_background "$target" "$LAB_DIR/$target/tunnel.log" /usr/bin/python3 \
    "$LAB_SOURCES/_ipip_tunnel.py" ipip0
  wait_until 5 ip -n "$LAB_ID-$target" link show ipip0 up
done

write_config
sed -i -e 's/address: 10\.0\.0\.10/address: 10.9.0.10/' "$CONFIG"
expect_in "must lie in the subnet of a port (10.0.0.2/24 on lan), or be reached by" \
  "$HOLDFASTD" --check --config "$CONFIG"
sed -i -e 's|addresses: \[10.0.0.2/24\]|&, gateway: 10.0.0.254|' "$CONFIG"
expect_in "l2 reaches neighbours only" "$HOLDFASTD" --check --config "$CONFIG"
sed -i -e "s/^    vip: $VIP/    forwarding: ipip\n&/" "$CONFIG"
in_background router "$LAB_DIR/capture" \
  tcpdump --immediate-mode -lnei lan0 'ip proto 4 and src host 10.0.0.2'
wait_until 5 grep -q listening "$LAB_DIR/capture"
start_with_config

expect "10.0.0.254 REACHABLE web-1,web-2,web-3" neighbours
ask_many client-1 90 | check_shares 9 81
check "the outer header is from the port's address" \
  wait_until 5 grep -q "10.0.0.2 > 10.9.0.102" "$LAB_DIR/capture"
keep_asking client-1 "$LAB_DIR/open"
wait_until 5 has_lines "$LAB_DIR/open" 3

# By a route instead of the default gateway, while it runs.
sed -e 's|, gateway: 10.0.0.254||' -e '$aroutes: [{prefix: 10.9.0.0/24, via: 10.0.0.254}]' \
  "$CONFIG" >"$LAB_DIR/routes.yaml"
expect APPLIED outcome_of ctl config apply "$LAB_DIR/routes.yaml"
expect "10.0.0.254 REACHABLE web-1,web-2,web-3" neighbours
expect_undisturbed "$LAB_DIR/open" "$(head -n 1 "$LAB_DIR/open" | cut -d' ' -f1)"

# The router goes silent: seen, and counted; what is forgotten is not sent anywhere.
in_host router sysctl -qw net.ipv4.conf.lan0.arp_ignore=8
check "a neighbour is flushed" ctl neighbour flush 10.0.0.254
wait_until 10 eval '[[ $(neighbours) == "10.0.0.254 FAILED web-1,web-2,web-3" ]]'
expect_metric 1 holdfast_neighbours state=failed
check "the log says so once" is "$(grep -c 'neighbour 10.0.0.254 .* does not answer' "$LOG") == 1"
in_host router sysctl -qw net.ipv4.conf.lan0.arp_ignore=0
wait_until 10 eval '[[ $(neighbours) == "10.0.0.254 REACHABLE web-1,web-2,web-3" ]]'
ask_many client-1 30 | check_shares 2 28
