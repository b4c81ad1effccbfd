#!/bin/bash
# An unmodified bird on the appliance speaks BGP with a router through the DPDK port, and
# announces the VIP while a target is usable; a client behind the router reaches the VIP by
# that route, and by no other.
#
#   client 10.1.0.2 ── 10.1.0.1 router 10.0.0.1 ──┬── lb 10.0.0.2 (DPDK), kern0: bird, AS 64512
#                         bird, AS 64513          └── web-1 to web-3: VIP 192.0.2.80 on lo
#
. "$(dirname "$0")/_lab.sh"
. "$LAB_SOURCES/_kernel_share.sh"
VIP=192.0.2.80
TABLE=200

# Between the client and the switch, without the network of the management.
router_add() {
  host_namespace router
  cable router lan0 lan
  ip -n "$LAB_ID-router" address add 10.0.0.1/24 dev lan0
  in_host router sysctl -qw net.ipv4.ip_forward=1
  host_namespace client
  ip -n "$LAB_ID-router" link add far0 type veth peer name eth0 netns "$LAB_ID-client"
  ip -n "$LAB_ID-router" address add 10.1.0.1/24 dev far0
  ip -n "$LAB_ID-router" link set far0 up
  ip -n "$LAB_ID-client" address add 10.1.0.2/24 dev eth0
  ip -n "$LAB_ID-client" link set eth0 up
  ip -n "$LAB_ID-client" route add default via 10.1.0.1
  in_host router ethtool -K far0 tx off gso off tso off gro off >/dev/null
  in_host client ethtool -K eth0 tx off gso off tso off gro off >/dev/null
}

# bird_start HOST ID AS NEIGHBOUR NEIGHBOUR_AS: more of its configuration is on stdin.
bird_start() {
  cat - /dev/fd/3 >"$LAB_DIR/bird-$1.conf" 3<<BIRD
router id $2;
protocol device { scan time 1; }
protocol bgp peer {
  local $2 as $3;
  neighbor $4 as $5;
  connect delay time 1;
  connect retry time 2;
  error wait time 1, 2;
  ipv4 { import all; export filter { if net = $VIP/32 then accept; reject; }; };
}
BIRD
  in_background "$1" "$LAB_DIR/bird-$1.log" bird -f -c "$LAB_DIR/bird-$1.conf" \
    -s "$LAB_DIR/bird-$1.ctl" -P "$LAB_DIR/bird-$1.pid"
}
birdc_of() { in_host "$1" birdc -s "$LAB_DIR/bird-$1.ctl" "${@:2}"; }
is_established() { birdc_of "$1" show protocols peer | grep -q Established; }

# The router's way to the VIP: "via 10.0.0.2 proto bird", or nothing.
route_of_router() {
  ip -n "$LAB_ID-router" -j route show "$VIP" | jq -r '.[] | "via \(.gateway) proto \(.protocol)"'
}
is_announced() { [[ $(route_of_router) == "via $BALANCER_ADDRESS proto bird" ]]; }
is_withdrawn() { [[ -z $(route_of_router) ]]; }
# Routes that the balancer keeps for bird.
kept_routes() { ip -n "$LAB_ID-lb" -j route show table $TABLE proto 200 | jq -r '.[].dst' | xargs; }
drain_all() { for target in "${TARGETS[@]}"; do ctl target drain "$target" >/dev/null; done; }
bgp_packets() { tcpdump -r "$LAB_DIR/bgp.pcap" "$@" 2>/dev/null | wc -l; }

((EUID == 0)) || fail "a lab makes network namespaces: run it as root"
switch_add
appliance_add
router_add
for number in 1 2 3; do
  target_add "$number"
  ip -n "$LAB_ID-web-$number" route add default via 10.0.0.1
done

# A route that a run left behind when it was killed, and one that is not ours.
ip -n "$LAB_ID-lb" route add unreachable 192.0.2.99 table $TABLE proto 200
ip -n "$LAB_ID-lb" route add unreachable 192.0.2.98 table $TABLE proto static

write_config
share_with_kernel
sed -i "1i kernel_routes: {table: $TABLE}" "$CONFIG"
start_with_config
expect "$VIP" kept_routes
expect 1 eval 'ip -n "$LAB_ID-lb" -j route show table $TABLE proto static | jq length'

# Nothing leads there yet.
check_fails "the router knows no way to the VIP" ip -n "$LAB_ID-router" route get "$VIP" 2>/dev/null
check_fails "the client does not reach it" in_host client curl -s --max-time 2 "http://$VIP/"
expect 0 kernel_packets from_kernel

in_background router "$LAB_DIR/tcpdump.log" tcpdump -U -i lan0 -w "$LAB_DIR/bgp.pcap" tcp port 179
capture=$LAST_PID
wait_until 5 grep -q listening "$LAB_DIR/tcpdump.log"
bird_start lb "$BALANCER_ADDRESS" 64512 10.0.0.1 64513 <<BIRD
protocol kernel { learn; kernel table $TABLE; scan time 5; ipv4 { import all; }; }
BIRD
bird_start router 10.0.0.1 64513 "$BALANCER_ADDRESS" 64512 <<BIRD
protocol kernel { scan time 1; ipv4 { import none; export all; }; }
BIRD
wait_until 30 is_established router
check "BGP is established on the appliance" is_established lb
wait_until 10 is_announced
check "the router has the VIP: $(route_of_router)" is_announced

# The client's way, and the only one.
ask_vip() { in_host client curl -s --max-time 5 -H 'Connection: close' "http://$VIP/?[1-${1:-1}]"; }
ask_vip 60 | check_shares 5 50
expect 10.0.0.2 eval 'ip -n "$LAB_ID-router" -j route get "$VIP" | jq -r ".[0].gateway"'
expect_metric 60 holdfast_connection_requests_total decision=balanced

# Withdrawn with the last usable target, back with the first.
drain_all
wait_until 10 is_withdrawn
check "all targets drain: withdrawn" is_withdrawn
expect "" kept_routes
check_fails "the client does not reach it" in_host client curl -s --max-time 2 "http://$VIP/"
ctl target undrain web-2 >/dev/null
wait_until 10 is_announced
expect "web-2=5" eval 'ask_vip 5 | tally'
sed '/^targets:/,$d' "$CONFIG" >"$LAB_DIR/empty.yaml"
ctl config apply "$LAB_DIR/empty.yaml" >/dev/null
wait_until 10 is_withdrawn
check "all targets and services are gone: withdrawn" is_withdrawn
ctl config apply "$CONFIG" >/dev/null
wait_until 10 is_announced
ask_vip 60 | check_shares 5 50

# Every BGP packet went by the share. ARP is what else there was.
stop_processes "$capture"
to=$(bgp_packets dst "$BALANCER_ADDRESS") from=$(bgp_packets src "$BALANCER_ADDRESS")
check "the wire saw BGP: $to packets to the appliance, $from from it" is "$to >= 6 && $from >= 6"
shared_to=$(kernel_packets to_kernel) shared_from=$(kernel_packets from_kernel)
check "the kernel's share counted them: $shared_to to the kernel, $shared_from from it" \
  is "$shared_to >= $to && $shared_to <= $to + 30 && $shared_from >= $from && $shared_from <= $from + 30"
expect 0 metric holdfast_kernel_drops_total
expect 0 metric holdfast_drops_total reason=kernel_rate

# A clean end withdraws it while there is still a way to tell the router.
stop_balancer
check "the router was told before the port went" is_withdrawn
expect "" kept_routes
expect 1 eval 'ip -n "$LAB_ID-lb" -j route show table $TABLE proto static | jq length'
