#!/bin/bash
# The balancer of a lab: its configuration, its life, and what it says about
# itself. Part of _lab.sh. A lab sets the variables before it starts it.

HOLDFASTD=$BUILD/src/balancer/holdfastd
HOLDFASTCTL=$BUILD/src/cli/holdfastctl
GRPC_ADDRESS=$MANAGEMENT_ADDRESS:7400
METRICS_ADDRESS=$MANAGEMENT_ADDRESS:9400
METRICS_URL=http://$METRICS_ADDRESS/metrics
CONFIG=$LAB_DIR/balancer.yaml
LOG=$LAB_DIR/holdfastd.log

WORKERS="0"          # CPUs, one for each worker: "0, 1"
DRIVER=af_packet     # or tap, af_xdp
HUGE_PAGES=false     # true needs take_huge_pages first
MAX_DURATION=4h      # of an affinity
NO_TARGET=reject     # or drop
BALANCER_PID=

# --- configuration --------------------------------------------------------------

device_of() {
  case $1 in
    af_packet) echo "net_af_packet0,iface=lan0,qpairs={queues}" ;;
    af_xdp) echo "net_af_xdp0,iface=lan0,start_queue=0,queue_count={queues}" ;;
    tap) echo "net_tap0,iface=hftap0" ;;
    *) fail "no driver is called '$1'; there are af_packet, tap and af_xdp" ;;
  esac
}

# write_config: $CONFIG from the variables above. A lab may edit the file.
write_config() {
  cat >"$CONFIG" <<YAML
eal: {huge_pages: $HUGE_PAGES, memory_mb: 64}
cores: {management: 0, workers: [$WORKERS], poll: adaptive}
ports:
  - {name: lan, device: "$(device_of "$DRIVER")", addresses: [$BALANCER_ADDRESS/24]}
connections: {per_worker: 65536}
affinities: {capacity: 65536, max_duration: $MAX_DURATION}
control:
  listen: ["$GRPC_ADDRESS", "unix:$LAB_DIR/control.sock"]
  insecure: true
metrics: {listen: "$METRICS_ADDRESS"}
ring_seed: 2026
targets:
  - {name: web-1, address: 10.0.0.101}
  - {name: web-2, address: 10.0.0.102}
  - {name: web-3, address: 10.0.0.103}
services:
  - name: web
    vip: $VIP
    protocol: tcp
    ports: [80]
    no_target: $NO_TARGET
    targets: [{target: web-1}, {target: web-2}, {target: web-3}]
  - name: echo
    vip: $VIP
    protocol: udp
    ports: [9000]
    no_target: $NO_TARGET
    targets: [{target: web-1}, {target: web-2}, {target: web-3}]
YAML
}

# --- life -----------------------------------------------------------------------

# Starts the balancer with the variables' configuration; returns when it serves
# and knows the MAC addresses of all targets.
lab_start_balancer() {
  write_config
  start_with_config
}

# The same with $CONFIG as it is.
start_with_config() {
  [[ -x $HOLDFASTD ]] || fail "$HOLDFASTD is not built; run: ninja -C $BUILD"
  in_background lb "$LOG" "$HOLDFASTD" --config "$CONFIG"
  BALANCER_PID=$LAST_PID
  if [[ $DRIVER == tap ]]; then join_tap_with_lan; fi
  wait_until 20 balancer_serves_or_ended
  is_running "$BALANCER_PID" || fail "holdfastd ended while it started"
  wait_until 10 neighbours_are_known
}

balancer_serves_or_ended() {
  ! is_running "$BALANCER_PID" || in_host lb curl -sf -o /dev/null "$METRICS_URL"
}

neighbours_are_known() {
  [[ $(ctl target list --json | jq '[.targets[] | select((.mac // "") == "")] | length') == 0 ]]
}

# What comes in by one leaves by the other, whoever it is for.
join_tap_with_lan() {
  wait_until 20 ip -n "$LAB_ID-lb" link show hftap0
  local from to
  while read -r from to; do
    ip netns exec "$LAB_ID-lb" tc qdisc add dev "$from" ingress
    ip netns exec "$LAB_ID-lb" tc filter add dev "$from" parent ffff: protocol all \
      u32 match u32 0 0 action mirred egress redirect dev "$to"
  done <<<$'lan0 hftap0\nhftap0 lan0'
}

# stop_balancer [SIGNAL]: it ends with status 0 within two seconds.
# shellcheck disable=SC2120  # only one lab names a signal
stop_balancer() {
  local status=0 before=$EPOCHREALTIME elapsed
  kill -"${1:-TERM}" "$BALANCER_PID"
  wait "$BALANCER_PID" || status=$?
  elapsed=$(milliseconds_since "$before")
  check "it ended with status $status after $elapsed ms" is "$status == 0 && $elapsed < 2000"
}

# Listening and packet sockets of the appliance: none when no balancer runs.
open_sockets() { in_host lb ss -Hltn && in_host lb ss -H0; }

# --- holdfastctl ----------------------------------------------------------------

# ctl_from HOST ARGUMENTS...: holdfastctl in the host's namespace, over gRPC.
ctl_from() {
  local host=$1
  shift
  in_host "$host" "$HOLDFASTCTL" --server "$GRPC_ADDRESS" "$@"
}
ctl() { ctl_from lb "$@"; }

# start_affinity TARGET CLIENT [MORE...], end_affinity: what a target says about
# itself, from inside its own namespace, for the service web.
start_affinity() {
  local target=$1 client=$2
  shift 2
  ctl_from "$target" affinity start --vip "$VIP" --protocol tcp --port 80 --client "$client" \
    --target "$target" "$@"
}
end_affinity() {
  local target=$1 client=$2
  shift 2
  ctl_from "$target" affinity end --vip "$VIP" --protocol tcp --port 80 --client "$client" \
    --target "$target" "$@"
}

# main_job_over DRIVER: a client is balanced, held by a target, and let go.
main_job_over() {
  DRIVER=$1
  lab_topology
  lab_start_balancer
  ask_many client-1 90 | check_shares 9 81
  expect STARTED outcome_of start_affinity web-2 10.0.0.11
  expect "web-2=30" eval 'ask_many client-1 30 | tally'
  ask_many client-2 90 | check_shares 9 81
  expect ENDED outcome_of end_affinity web-2 10.0.0.11
  ask_many client-1 90 | check_shares 9 81
  expect_metric 270 holdfast_connection_requests_total decision=balanced
  expect_metric 30 holdfast_connection_requests_total decision=affinity
  check "it answers ping" in_host client-1 ping -q -c 1 -W 5 "$VIP"
  stop_balancer
}

# outcome_of COMMAND...: the outcome in its JSON answer, whatever its exit status.
outcome_of() { ("$@" --json || true) | jq -r .outcome; }

# --- counters -------------------------------------------------------------------

scrape() { in_host lb curl -sf "$METRICS_URL"; }

# metric NAME [LABEL=VALUE...]: the sum of all samples that have these labels, 0
# when there is none.
metric() { scrape | metric_in "$@"; }

# metric_in NAME [LABEL=VALUE...]: the same of an exposition on stdin.
metric_in() {
  awk -v name="$1" -v labels="${*:2}" '
    BEGIN { count = split(labels, wanted, " ")
            for (i = 1; i <= count; i++) { sub("=", "=\"", wanted[i]); wanted[i] = wanted[i] "\"" } }
    /^#/ { next }
    { split($1, head, "{"); if (head[1] != name) next
      for (i = 1; i <= count; i++) if (!index($0, wanted[i])) next
      sum += $NF }
    END { printf "%.10g\n", sum }'
}

# both_counted NAME [LABEL=VALUE...]: each of two workers counted some of it.
both_counted() {
  local worker
  for worker in 0 1; do is "$(metric "$@" "worker=$worker") > 0" || return 1; done
}

# expect_metric VALUE NAME [LABEL=VALUE...], once the workers' batches are counted.
expect_metric() {
  local wanted=$1 turn got
  shift
  for ((turn = 0; turn < 40; turn++)); do
    got=$(metric "$@")
    if [[ $got == "$wanted" ]]; then
      echo "  ok: $* = $wanted"
      return
    fi
    sleep 0.05
  done
  fail "wanted $* = $wanted, got $got"
}
