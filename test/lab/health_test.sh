#!/bin/bash
# Health checks reach a target as a client's packet does, to the VIP: whoever does not answer
# there gets nothing new, until it answers again. HTTP's status counts, and gRPC's; what is down
# is still checked. Rows: S, P1.
. "$(dirname "$0")/_lab.sh"
. "$LAB_SOURCES/_kernel_share.sh"
FAR_VIP=198.51.100.80

# set_health SETTINGS: of the service web.
set_health() {
  sed -i '/^    health:/d' "$CONFIG"
  sed -i "s|^    ports: \[80\]|&\n    health: {$1}|" "$CONFIG"
}
apply_health() {
  set_health "$1"
  expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
}
is_up() { [[ $(metric holdfast_health_up "service=${2:-web}" "target=$1") == 1 ]]; }
is_down() { [[ $(metric holdfast_health_up "service=${2:-web}" "target=$1") == 0 ]]; }
checked() { [[ $(metric holdfast_health_checks_total service=web "target=$1" result=ok) -ge ${2:-1} ]]; }
# No client gets TARGET any more.
check_nobody_gets() { expect 0 eval "ask_many client-1 60 | grep -c $1"; }
check_all_get_answers() { expect 60 eval 'ask_many client-1 60 | grep -c "^web-"'; }
# last_failure TARGET [SERVICE]
last_failure() {
  ctl target list --json | jq -r --arg target "$1" --arg service "${2:-web}" \
    '.targets[] | select(.name == $target) | .health[] | select(.service == $service).last_failure'
}
# says TARGET STATUS: of its gRPC server's health.
says() { echo "$2" >"$LAB_DIR/$1/grpc"; }

lab_topology
write_config
share_with_kernel
sed -i '1i nat: {}' "$CONFIG"
# A VIP that no route of the balancer's kernel leads to.
ip -n "$LAB_ID-web-1" address add "$FAR_VIP/32" dev lo
cat >>"$CONFIG" <<YAML
  - {name: far, vip: $FAR_VIP, protocol: tcp, ports: [80], targets: [{target: web-1}],
     health: {interval: 200ms, timeout: 150ms}}
  - {name: rpc, vip: $VIP, protocol: tcp, ports: [50051], targets: [{target: web-1}, {target: web-2}],
     health: {type: grpc, grpc_service: shop, interval: 200ms, timeout: 1s}}
YAML
for target in web-1 web-2; do
  says "$target" SERVING
  in_background "$target" "$LAB_DIR/$target/grpc.log" /usr/bin/python3 \
    "$LAB_SOURCES/_grpc_health_server.py" "$VIP" 50051 shop "$LAB_DIR/$target/grpc"
done
set_health "type: http, interval: 200ms, timeout: 150ms, fall: 3, rise: 2"
start_with_config
for target in "${TARGETS[@]}"; do wait_until 10 checked "$target" 3; done
for target in "${TARGETS[@]}"; do check "$target is up" is_up "$target"; done
check "checks left for targets: $(metric holdfast_replies_total kind=probe)" \
  is "$(metric holdfast_replies_total kind=probe) > 20"
check "and for the other VIP" \
  is "$(metric holdfast_health_checks_total service=far result=ok) >= 3 && $(metric holdfast_health_up service=far) == 1"
check "they came with the VIP: $(grep -c holdfast-health "$LAB_DIR/web-1/access.log")" \
  is "$(grep -c holdfast-health "$LAB_DIR/web-1/access.log") >= 3"
check_all_get_answers

# A server that ends.
began=$EPOCHREALTIME
nginx_stop web-2
wait_until 5 is_down web-2
took=$(milliseconds_since "$began")
check "down after $took ms" is "$took < 2000"
check_nobody_gets web-2
check_all_get_answers
expect "connection refused" last_failure web-2
expect_in "web down: connection refused" ctl target list
expect_in "down by health: 'web-2'" ctl explain --client 10.0.0.11:20021 --vip "$VIP:80"
check "the log says it" grep -q "target 'web-2' is down for service 'web'" "$LOG"
nginx_start web-2
wait_until 5 is_up web-2
expect_in web-2 ask_many client-1 60

# A target that is reachable, but has no VIP.
ip -n "$LAB_ID-web-3" address del "$VIP/32" dev lo
wait_until 5 is_down web-3
check_nobody_gets web-3
ip -n "$LAB_ID-web-3" address add "$VIP/32" dev lo
wait_until 5 is_up web-3

# A status that is none of success; panic_threshold keeps the last one.
apply_health "type: http, path: /broken, interval: 200ms, timeout: 150ms"
for target in "${TARGETS[@]}"; do wait_until 5 is_down "$target"; done
expect "HTTP status 500" last_failure web-1
expect_metric 1 holdfast_service_panic service=web
check_all_get_answers
apply_health "type: http, path: /broken, status: \"500\", interval: 200ms, timeout: 150ms"
for target in "${TARGETS[@]}"; do wait_until 5 is_up "$target"; done
expect_metric 0 holdfast_service_panic service=web

# By TCP alone.
apply_health "interval: 200ms, timeout: 150ms"
nginx_stop web-1
wait_until 5 is_down web-1
nginx_start web-1
wait_until 5 is_up web-1

# By gRPC: what the server says of the service that is asked for.
for target in web-1 web-2; do wait_until 10 is_up "$target" rpc; done
says web-2 NOT_SERVING
wait_until 5 is_down web-2 rpc
expect "gRPC health NOT_SERVING" last_failure web-2 rpc
expect_metric 1 holdfast_service_target_down service=rpc
check "web-1 is up" is_up web-1 rpc
says web-2 SERVING
wait_until 5 is_up web-2 rpc
sed -i 's/grpc_service: shop/grpc_service: other/' "$CONFIG"
expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
for target in web-1 web-2; do wait_until 5 is_down "$target" rpc; done
expect "gRPC error 5: this is 'shop' alone" last_failure web-1 rpc

# Through a tunnel; without its end the target is down.
for target in "${TARGETS[@]}"; do
  in_background "$target" "$LAB_DIR/$target/tunnel.log" /usr/bin/python3 \
    "$LAB_SOURCES/_ipip_tunnel.py" ipip0
  wait_until 5 ip -n "$LAB_ID-$target" link show ipip0 up
done
tunnel=$LAST_PID
sed -i "s/^    vip: $VIP/    forwarding: ipip\n&/" "$CONFIG"
expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
sleep 1
for target in "${TARGETS[@]}"; do check "$target is up by its tunnel" is_up "$target"; done
stop_processes "$tunnel"
wait_until 5 is_down web-3
expect "no connection in time" last_failure web-3
check "the others are up" eval 'is_up web-1 && is_up web-2'

# By nat: the target needs no VIP, and is asked at its own address.
ip -n "$LAB_ID-web-3" address del "$VIP/32" dev lo
sed -i 's/address: 10.0.0.103/&, forwarding: nat/' "$CONFIG"
expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
wait_until 5 is_up web-3
expect_in web-3 ask_many client-1 60
nginx_stop web-3
wait_until 5 is_down web-3
expect "connection refused" last_failure web-3
check_nobody_gets web-3

# Without checks, all are up.
sed -i '/^    health:/d' "$CONFIG"
expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
expect 0 metric holdfast_service_target_down service=web
stop_balancer
