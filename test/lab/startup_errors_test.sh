#!/bin/bash
# A balancer that cannot start says what is wrong and what to do, ends with a
# status other than 0, and leaves nothing behind. --check touches nothing.
. "$(dirname "$0")/_lab.sh"

occupied=- # address and port that another program has
sockets_left() { open_sockets | grep -vF " $occupied " || true; }

# refuses TEXT...: started with $CONFIG it fails, and its message has each TEXT.
refuses() {
  refuses_arguments "$@" -- --config "$CONFIG"
  write_config
}

# refuses_arguments TEXT... -- ARGUMENT...
refuses_arguments() {
  local -a texts=()
  local status=0 text
  while [[ $1 != -- ]]; do
    texts+=("$1")
    shift
  done
  shift
  in_host lb timeout -k 1 15 "$HOLDFASTD" "$@" >"$LOG" 2>&1 || status=$?
  ((status != 0 && status < 124)) || fail "ended with status $status: holdfastd $*"
  for text in "${texts[@]}"; do
    grep -qF -- "$text" "$LOG" || fail "'$text' is not in: $(<"$LOG")"
  done
  [[ -z $(sockets_left) ]] || fail "sockets are left: $(sockets_left)"
  [[ ! -e $LAB_DIR/control.sock ]] || fail "the Unix socket is left"
  echo "  ok: status $status, it says: $(grep -m 1 -F -- "${texts[0]}" "$LOG")"
}

change() { sed -i "$1" "$CONFIG"; }

occupy() {
  occupied=$1
  in_background lb "$LAB_DIR/occupant.log" /usr/bin/python3 -m http.server \
    --bind "${1%:*}" "${1#*:}"
  wait_until 5 in_host lb curl -s -o /dev/null "http://$1/"
}

switch_add
appliance_add
write_config

refuses_arguments --config --
refuses_arguments "$LAB_DIR/nothing.yaml" -- --config "$LAB_DIR/nothing.yaml"

cat >"$CONFIG" <<YAML
cores: {workers: [0, x]}
ports:
  - {name: lan, device: "net_af_packet0,iface=lan0", adresses: [10.0.0.300/24]}
services:
  - {name: web, vip: 10.0.0, protocol: sctp, ports: [0], targets: [{target: nobody}]}
YAML
refuses "$CONFIG:1: cores.workers[1]" "$CONFIG:3: ports[0].adresses" "$CONFIG:5: services[0].vip" \
  "$CONFIG:5: services[0].protocol" "$CONFIG:5: services[0].ports[0]" nobody

change 's/iface=lan0/iface=nosuch0/'
refuses nosuch0 lan
change 's/device: "[^"]*"/device: "0000:ff:1f.0"/'
refuses 0000:ff:1f.0 lan
change 's/workers: \[0\]/workers: [0, 99]/'
refuses 99 workers
change 's/memory_mb: 64/memory_mb: 1048576/'
refuses 1048576 memory_mb
change 's/huge_pages: false/huge_pages: true/; s/memory_mb: 64/memory_mb: 1048576/'
refuses 1048576 memory_mb vm.nr_hugepages "huge_pages: false"

change "s|addresses: \[$BALANCER_ADDRESS/24\]|&, kernel: {interface: mgmt0}|"
refuses "kernel interface 'mgmt0': there is one of this name already" "errno 16"

# --check succeeds where a start cannot: it opens nothing.
occupy "$GRPC_ADDRESS"
refuses "$GRPC_ADDRESS"
check "--check of this configuration" in_host lb "$HOLDFASTD" --check --config "$CONFIG"
stop_processes "$LAST_PID"
occupy "$METRICS_ADDRESS"
refuses "$METRICS_ADDRESS"
stop_processes "$LAST_PID"
check "--check of config/balancer.yaml" in_host lb "$HOLDFASTD" --check \
  --config "$REPOSITORY/config/balancer.yaml"
