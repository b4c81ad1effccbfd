#!/bin/bash
# What is not for a service is the kernel's, by an interface with the port's own address: a
# server there, ping, and what it does not want is refused by it. A flood of it costs
# service traffic nothing. Rows: O.
. "$(dirname "$0")/_lab.sh"
. "$LAB_SOURCES/_kernel_share.sh"
RATE=2000
FLOOD=60000

# all_accounted: forwarded + local + dropped = received, at one moment.
all_accounted() {
  scrape >"$LAB_DIR/metrics"
  local name sum=0
  for name in packets local_packets drops; do
    sum=$((sum + $(metric_in "holdfast_${name}_total" <"$LAB_DIR/metrics")))
  done
  ((sum == $(metric_in holdfast_worker_rx_packets_total <"$LAB_DIR/metrics")))
}
# What the kernel heard on lan0 as well, and refused.
heard_twice() { in_host lb nstat -asz TcpExtIPReversePathFilter | awk '/IPReversePathFilter/ {print $2}'; }
settings_of() { in_host lb cat "/proc/sys/net/ipv4/conf/$1/rp_filter"; }

lab_topology
write_config
share_with_kernel ", packets_per_second: $RATE"
start_with_config

# It is the port, for the kernel.
interface=$(ip -n "$LAB_ID-lb" -j address show "$KERNEL_INTERFACE")
expect "$(in_host lb cat /sys/class/net/lan0/address)" jq -r '.[0].address' <<<"$interface"
expect 1500 jq '.[0].mtu' <<<"$interface"
expect "$BALANCER_ADDRESS/24" jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"' <<<"$interface"
expect 0 settings_of "$KERNEL_INTERFACE"
expect 1 settings_of lan0

# A server of the appliance's own, and one that only the kernel can refuse.
mkdir "$LAB_DIR/www"
echo "the appliance itself" >"$LAB_DIR/www/index.html"
head -c 300000 /dev/urandom >"$LAB_DIR/www/large"
in_background lb "$LAB_DIR/http.log" /usr/bin/python3 -u -m http.server 8080 \
  --bind "$BALANCER_ADDRESS" --directory "$LAB_DIR/www"
wait_until 5 in_host lb curl -sf -o /dev/null "http://$BALANCER_ADDRESS:8080/"
expect "the appliance itself" in_host client-1 curl -s --max-time 5 "http://$BALANCER_ADDRESS:8080/"
expect "$(sha256sum <"$LAB_DIR/www/large")" \
  eval 'in_host client-1 curl -s --max-time 10 "http://$BALANCER_ADDRESS:8080/large" | sha256sum'
check "5 echo replies from $BALANCER_ADDRESS" \
  in_host client-1 ping -q -c 5 -i 0.05 -W 2 "$BALANCER_ADDRESS" >/dev/null
expect_metric 0 holdfast_local_packets_total kind=echo_request
status=0
in_host client-1 curl -s --max-time 3 "http://$BALANCER_ADDRESS:8081/" || status=$?
check "the kernel refuses a port that nobody listens on (curl: $status)" is "$status == 7"
check "the kernel reaches a host" in_host lb ping -q -c 3 -i 0.05 -W 2 10.0.0.12 >/dev/null

# Only by the share: what the kernel hears on lan0 itself it must not take.
check "frames went by the share: $(kernel_packets to_kernel) to the kernel" \
  is "$(kernel_packets to_kernel) > 20 && $(kernel_packets from_kernel) > 20"
check "and what the kernel heard on lan0 as well it did not take" \
  is "$(heard_twice) > 20"
expect 0 metric holdfast_kernel_drops_total
expect KERNEL eval 'ctl explain --client 10.0.0.11:20021 --vip "$BALANCER_ADDRESS:8080" --json |
  jq -r .verdict.outcome'
expect_in "KERNEL: not for a service: the kernel gets it by interface '$KERNEL_INTERFACE'" \
  ctl explain --client 10.0.0.11:20021 --vip 203.0.113.9:80
expect no_service eval 'ctl explain --client 10.0.0.11:20021 --vip "$VIP:81" --json |
  jq -r .verdict.drop_reason'
wait_until 5 all_accounted

# A flood of it: service traffic is served to the last request meanwhile, and so much of
# the flood is handed over as the rate allows.
mac=$(in_host lb cat /sys/class/net/lan0/address)
before=$(metric holdfast_local_packets_total kind=kernel)
began=$EPOCHREALTIME
in_background client-2 "$LAB_DIR/flood.log" /usr/bin/python3 "$LAB_SOURCES/_syn_flood.py" lan0 \
  "$mac" "$BALANCER_ADDRESS" 9 "$FLOOD"
flood=$LAST_PID
answers=0
while is_running "$flood"; do
  ask_many client-1 50 >"$LAB_DIR/names"
  expect "50" eval 'grep -c "^web-" "$LAB_DIR/names"'
  answers=$((answers + 50))
done
took=$(milliseconds_since "$began")
check "$answers requests were answered while the flood went on" is "$answers >= 50"
handed=$(($(metric holdfast_local_packets_total kind=kernel) - before))
most=$((RATE * (took + 1000) / 1000))
check "of $FLOOD frames $handed were handed over, $most at most" is "$handed <= $most && $handed >= $RATE / 20"
refused=$(($(metric holdfast_drops_total reason=kernel_rate) + $(metric holdfast_drops_total reason=kernel_full)))
check "$refused were refused" is "$refused > $FLOOD / 2"
expect 0 metric holdfast_drops_total reason=tx_full
wait_until 5 all_accounted

# It works afterwards as before, also when the interface was down in between.
expect "the appliance itself" in_host client-1 curl -s --max-time 10 "http://$BALANCER_ADDRESS:8080/"
ip -n "$LAB_ID-lb" link set "$KERNEL_INTERFACE" down
check_fails "no echo reply while it is down" \
  in_host client-1 ping -q -c 2 -i 0.05 -W 1 "$BALANCER_ADDRESS" >/dev/null
check "what was lost is counted" is "$(metric holdfast_kernel_drops_total reason=interface_down) >= 2"
ip -n "$LAB_ID-lb" link set "$KERNEL_INTERFACE" up
check "5 echo replies when it is up again" \
  in_host client-1 ping -q -c 5 -i 0.05 -W 2 "$BALANCER_ADDRESS" >/dev/null
expect "50" eval 'ask_many client-1 50 | grep -c "^web-"'

stop_balancer
check_fails "the interface is gone with the balancer" \
  ip -n "$LAB_ID-lb" link show "$KERNEL_INTERFACE" 2>/dev/null

# Deleted by somebody, it costs service traffic nothing.
start_with_config
expect "the appliance itself" in_host client-1 curl -s --max-time 5 "http://$BALANCER_ADDRESS:8080/"
ip -n "$LAB_ID-lb" link del "$KERNEL_INTERFACE"
wait_until 5 grep -q "kernel interface '$KERNEL_INTERFACE' was deleted" "$LOG"
check_fails "no echo reply without it" \
  in_host client-1 ping -q -c 2 -i 0.05 -W 1 "$BALANCER_ADDRESS" >/dev/null
check "what was lost is counted" is "$(metric holdfast_kernel_drops_total reason=interface_down) >= 2"
expect "50" eval 'ask_many client-1 50 | grep -c "^web-"'
stop_balancer
