#!/bin/bash
# Hosts of a lab: one namespace each, on one switch. Part of _lab.sh.
#
#   client-1 10.0.0.11 ─┐                        ┌─ web-1 10.0.0.101
#   client-2 10.0.0.12 ─┤   switch (a bridge)    ├─ web-2 10.0.0.102
#                       ├────────────────────────┤
#   lb  10.0.0.2 (DPDK) ┘                        └─ web-3 10.0.0.103
#                         VIP 10.0.0.80: the balancer answers ARP for it;
#                         on each target's lo, where nobody hears ARP
#
# A second network, 192.168.254.0/24 (mgmt0 of every host), carries gRPC and
# metrics. Targets answer clients directly, past the balancer.

VIP=10.0.0.80
# shellcheck disable=SC2034  # _balancer.sh and labs read them
BALANCER_ADDRESS=10.0.0.2 TARGETS=(web-1 web-2 web-3)
MANAGEMENT_ADDRESS=192.168.254.1

# in_host HOST COMMAND...: runs it in the host's namespace.
in_host() {
  local host=$1
  shift
  ip netns exec "$LAB_ID-$host" "$@"
}

LARGE_SIZE=$((64 * 1024 * 1024)) # of the file /large that each target serves

# in_background HOST LOG COMMAND...: the same, and lets it run until the lab ends.
# Its process id is in LAST_PID. (`ip netns exec` becomes the command.)
in_background() {
  local host=$1 log=$2
  shift 2
  ip netns exec "$LAB_ID-$host" "$@" >"$log" 2>&1 </dev/null &
  LAST_PID=$!
  LAB_PIDS+=("$LAST_PID")
}

# --- making them ----------------------------------------------------------------

# host_namespace HOST: a silent namespace; no IPv6, no forwarding.
host_namespace() {
  LAB_HOSTS+=("$1") # first: Ctrl-C may come between the two
  ip netns add "$LAB_ID-$1"
  in_host "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
    net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
  ip -n "$LAB_ID-$1" link set lo up
}

switch_add() {
  host_namespace switch
  # A switch looks at no IP header. (Without br_netfilter there is nothing to say.)
  in_host switch sysctl -qw net.bridge.bridge-nf-call-iptables=0 \
    net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0 2>/dev/null || true
  local bridge
  for bridge in lan mgmt; do
    ip -n "$LAB_ID-switch" link add "$bridge" type bridge forward_delay 0 mcast_snooping 0
    ip -n "$LAB_ID-switch" link set "$bridge" up
  done
}

# cable HOST INTERFACE BRIDGE: from the host to the switch. Without offloads: a
# frame that crosses a DPDK port must be whole and carry its checksums. With two
# queues at the host's end, one for each worker where that is the balancer.
cable() {
  local host=$1 interface=$2 bridge=$3 port="$1.$3"
  ip -n "$LAB_ID-switch" link add "$port" type veth \
    peer name "$interface" netns "$LAB_ID-$host" numrxqueues 2 numtxqueues 2
  ip -n "$LAB_ID-switch" link set "$port" master "$bridge" up
  in_host switch ethtool -K "$port" tx off rx off sg off tso off gso off gro off >/dev/null
  in_host "$host" ethtool -K "$interface" tx off rx off sg off tso off gso off gro off >/dev/null
  ip -n "$LAB_ID-$host" link set "$interface" up
}

# host_add HOST ADDRESS MANAGEMENT_ADDRESS: with lan0 and mgmt0.
host_add() {
  host_namespace "$1"
  cable "$1" lan0 lan
  ip -n "$LAB_ID-$1" address add "$2/24" dev lan0
  cable "$1" mgmt0 mgmt
  ip -n "$LAB_ID-$1" address add "$3/24" dev mgmt0
  # A port of the host is free again as soon as its connection is closed.
  in_host "$1" sysctl -qw net.ipv4.tcp_max_tw_buckets=0
}

# ipv6_add HOST ADDRESS: without duplicate address detection, which takes a second.
ipv6_add() {
  in_host "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0 \
    net.ipv6.conf.lan0.disable_ipv6=0 net.ipv6.conf.lan0.accept_dad=0
  ip -n "$LAB_ID-$1" address add "$2/64" dev lan0 nodad
}

client_add() { host_add "client-$1" "10.0.0.1$1" "192.168.254.1$1"; }

# target_add NUMBER: a host with the VIP on lo, unheard by ARP, and nginx.
target_add() {
  local name=web-$1
  host_add "$name" "10.0.0.10$1" "192.168.254.10$1"
  in_host "$name" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 \
    net.ipv4.conf.lan0.arp_ignore=1 net.ipv4.conf.lan0.arp_announce=2
  ip -n "$LAB_ID-$name" address add "$VIP/32" dev lo
  nginx_start "$name"
}

# The appliance's namespace. Its lan0 belongs to DPDK: no address and no ARP, or
# the kernel would answer beside the balancer.
appliance_add() {
  host_namespace lb
  cable lb lan0 lan
  ip -n "$LAB_ID-lb" link set lan0 arp off
  cable lb mgmt0 mgmt
  ip -n "$LAB_ID-lb" address add "$MANAGEMENT_ADDRESS/24" dev mgmt0
}

# All of the picture above; nothing balances yet.
lab_topology() {
  ((EUID == 0)) || fail "a lab makes network namespaces: run it as root"
  local number
  switch_add
  appliance_add
  for number in 1 2; do client_add "$number"; done
  for number in 1 2 3; do target_add "$number"; done
  for number in 1 2 3; do wait_until 5 in_host "web-$number" curl -sf -o /dev/null http://127.0.0.1/; done
}

# --- servers --------------------------------------------------------------------

# nginx_start TARGET: Debian's nginx; every answer names the target.
nginx_start() {
  local name=$1 directory=$LAB_DIR/$1
  mkdir -p "$directory/files"
  truncate -s "$LARGE_SIZE" "$directory/files/large"
  cat >"$directory/nginx.conf" <<CONF
pid $directory/nginx.pid;
error_log $directory/error.log;
worker_processes 1;
daemon off;
events { worker_connections 512; }
http {
  access_log $directory/access.log;
  client_body_temp_path $directory/body;
  proxy_temp_path $directory/proxy;
  fastcgi_temp_path $directory/fastcgi;
  uwsgi_temp_path $directory/uwsgi;
  scgi_temp_path $directory/scgi;
  keepalive_requests 1000000;
  server {
    listen 80;
    listen 8080;
    add_header x-target $name;
    client_max_body_size 0;
    location / { return 200 "$name\\n"; }
    location /broken { return 500; }
    location /large { root $directory/files; }
  }
}
CONF
  in_background "$name" "$directory/nginx.log" nginx -p "$directory" -c "$directory/nginx.conf"
}

nginx_stop() { stop_processes "$(<"$LAB_DIR/$1/nginx.pid")"; }

# udp_server_start TARGET PORT: answers each datagram with the target's name.
udp_server_start() {
  in_background "$1" "$LAB_DIR/$1/udp.log" /usr/bin/python3 "$LAB_SOURCES/_udp_server.py" \
    "$VIP" "$2" "$1"
}

# --- requests -------------------------------------------------------------------

# ask CLIENT [URL]: the name of the target that answers, on a new connection.
ask() { in_host "$1" curl -s --max-time 3 -H 'Connection: close' "${2:-http://$VIP/}"; }

# ask_many CLIENT COUNT: one name a line, each on a new connection.
ask_many() {
  in_host "$1" curl -s --max-time 20 --connect-timeout 2 -H 'Connection: close' \
    "http://$VIP/?[1-$2]"
}

# download FILE: client-1 gets /large in the background, which takes eleven seconds.
# FILE tells at the end: bytes, curl's status, target. Its process is among `downloads`.
downloads=()
download() {
  in_background client-1 "$1" curl -s -o /dev/null --limit-rate 6M --max-time 60 \
    -w '%{size_download} %{exitcode} %header{x-target}\n' "http://$VIP/large"
  downloads+=("$LAST_PID")
}

# ask_from CLIENT PORT...: "port name" lines; the client's ports are the given ones.
ask_from() {
  local client=$1
  shift
  # shellcheck disable=SC2016  # expanded by the inner shell
  in_host "$client" bash -c 'url=$1; shift
    for port; do
      echo "$port $(curl -s --max-time 3 -H "Connection: close" --local-port "$port" "$url")"
    done' - "http://$VIP/" "$@"
}

# tally: names on stdin, "web-1=3 web-2=5" on stdout, ordered by name.
tally() { sort | uniq -c | awk '{printf "%s%s=%d", (NR > 1 ? " " : ""), $2, $1} END {print ""}'; }

# keep_asking CLIENT FILE: one connection, ten requests a second on it until the
# lab ends. Each answer adds a line: the target's name, and the number of
# connections that curl had to open for it (1 for the first, then 0).
keep_asking() {
  in_background "$1" "$2" stdbuf -oL curl -s --rate 10/s -o /dev/null \
    -w '%header{x-target} %{num_connects}\n' "http://$VIP/?[1-100000]"
}

# expect_undisturbed FILE TARGET: the connection of keep_asking goes on; it was
# never opened again, and the target answered everything.
expect_undisturbed() {
  wait_until 15 has_lines "$1" $(($(wc -l <"$1") + 5))
  check "the open connection stays at $2" is_one_connection_to "$2" "$1"
}
is_one_connection_to() {
  awk -v target="$1" '{connects += $2; others += $1 != target} END {exit connects != 1 || others}' "$2"
}

# has_lines FILE COUNT: at least so many.
has_lines() { (($(wc -l <"$1") >= $2)); }

# ports_not_at TARGET: of "port name" lines on stdin, the ports that went elsewhere.
ports_not_at() { awk -v target="$1" '$2 != target {print $1}'; }

# names_only: of "port name" lines on stdin, the names.
names_only() { awk '{print $2}'; }

# another_target TARGET: the first one that is not this one.
another_target() { printf '%s\n' "${TARGETS[@]}" | grep -vxm 1 "$1"; }

# check_shares LEAST MOST: of names on stdin, how many each of the three targets has.
check_shares() {
  local shares name
  shares=$(tally)
  for name in "${TARGETS[@]}"; do
    [[ " $shares" =~ " $name="([0-9]+) ]] || fail "$name is missing in: $shares"
    is "${BASH_REMATCH[1]} >= $1 && ${BASH_REMATCH[1]} <= $2" ||
      fail "$name has not $1 to $2 in: $shares"
  done
  echo "  ok: $shares, each $1 to $2"
}

# ask_udp CLIENT PORT SOURCE_PORT...: "source-port name" lines; see _udp_client.py.
ask_udp() { in_host "$1" /usr/bin/python3 "$LAB_SOURCES/_udp_client.py" "$VIP" "${@:2}"; }
