#!/bin/bash
# Health checks of an IPv6 VIP that no route of the balancer's kernel leads to. Rows: S.
. "$(dirname "$0")/_lab.sh"
. "$LAB_SOURCES/_kernel_share.sh"
VIP6=2001:db8:80::1

is_up() { [[ $(metric holdfast_health_up service=web6 "target=v6-$1") == 1 ]]; }
checks_ok() { [[ $(metric holdfast_health_checks_total service=web6 "target=v6-$1" result=ok) -ge 3 ]]; }

lab_topology
in_host lb sysctl -qw net.ipv6.conf.default.disable_ipv6=0
for number in 1 2; do
  ipv6_add "web-$number" "fd00::10$number"
  in_host "web-$number" sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
  ip -n "$LAB_ID-web-$number" address add "$VIP6/128" dev lo nodad
  in_background "web-$number" "$LAB_DIR/web-$number/v6.log" /usr/bin/python3 \
    "$LAB_SOURCES/_tcp_server.py" "$VIP6" 8080 "web-$number"
done
write_config
sed -i -e 's|addresses: \[10.0.0.2/24\]|addresses: [10.0.0.2/24, "fd00::2/64"], kernel: {interface: kern0}|' \
  -e '/^services:/i\  - {name: v6-1, address: "fd00::101"}\n  - {name: v6-2, address: "fd00::102"}' "$CONFIG"
cat >>"$CONFIG" <<YAML
  - {name: web6, vip: "$VIP6", protocol: tcp, ports: [8080], targets: [{target: v6-1}, {target: v6-2}],
     health: {interval: 200ms, timeout: 150ms}}
YAML
start_with_config
for number in 1 2; do wait_until 10 checks_ok "$number"; done
check "both are up" eval 'is_up 1 && is_up 2'
expect_in "$VIP6 dev $KERNEL_INTERFACE proto 200" ip -n "$LAB_ID-lb" -6 route show

ip -n "$LAB_ID-web-2" address del "$VIP6/128" dev lo
wait_until 5 eval '! is_up 2'
check "the other one is up" is_up 1
ip -n "$LAB_ID-web-2" address add "$VIP6/128" dev lo nodad
wait_until 5 is_up 2
stop_balancer
