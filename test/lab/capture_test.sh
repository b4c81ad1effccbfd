#!/bin/bash
# "Why did this packet go there": captured packets of real traffic, as tcpdump reads them, and what
# became of them, in their comments. Rows: O, P1, P2, P4, P6.
. "$(dirname "$0")/_lab.sh"

# start_capture FILE OPTION...: in the background; returns when workers capture.
start_capture() {
  local file=$1
  rm -f "$file"
  shift
  in_background lb "$file.said" "$HOLDFASTCTL" --server "$GRPC_ADDRESS" capture --write "$file" "$@"
  CAPTURE_PID=$LAST_PID
  wait_until 5 test -s "$file"
}
# capture_ends_with STATUS
capture_ends_with() {
  local status=0
  wait "$CAPTURE_PID" || status=$?
  check "the capture ended with status $status" is "$status == $1"
}
# comments FILE: "N comment" lines of a pcapng file.
comments() { /usr/bin/python3 "$LAB_SOURCES/_pcapng_comments.py" "$1" | sort | uniq -c | sed 's/^ *//'; }
packets_in() { tcpdump -n -r "$1" "${@:2}" 2>/dev/null | wc -l; }
is_free() { ctl capture --for 10ms; }

lab_topology
lab_start_balancer
port=$LAB_DIR/why.pcapng

# Balanced, then held: the comment names the target that the client then meets.
start_capture "$port" --client 10.0.0.11 --port 80 --protocol tcp
read -r _ placed < <(ask_from client-1 20001)
owner=$(another_target "$placed")
expect STARTED outcome_of start_affinity "$owner" 10.0.0.11
expect "20002 $owner" ask_from client-1 20002
ask_from client-2 20003 >"$LAB_DIR/other" # not captured
wait_until 5 eval 'comments "$port" | grep -q "forwarded to $owner by connection"'
kill -INT "$CAPTURE_PID"
capture_ends_with 0
expect_in "forwarded to $placed by balanced (service web)" comments "$port"
expect_in "forwarded to $owner by affinity (service web)" comments "$port"
expect_in "forwarded to $owner by connection (service web)" comments "$port"
expect 2 packets_in "$port" 'tcp[tcpflags] & tcp-syn != 0'
expect 0 packets_in "$port" 'not (src 10.0.0.11 and dst port 80)'
check "it says how many came" grep -q "^holdfastctl: $(packets_in "$port") packets$" "$port.said"

# Dropped: what is asked of a port that no service has, and ARP beside it is not.
start_capture "$port" --drop-reason no_service --count 3
in_host client-1 curl -s -m 2 "http://$VIP:81/" >/dev/null || true
in_host client-1 ping -q -c 1 -W 5 "$VIP" >/dev/null
in_host client-1 curl -s -m 2 "http://$VIP:81/" >/dev/null || true
in_host client-1 curl -s -m 2 "http://$VIP:81/" >/dev/null || true
capture_ends_with 0
expect "3 dropped as no_service: a VIP, but no service has this protocol and port; answered with tcp_reset" comments "$port"
expect 3 packets_in "$port" 'dst port 81'

# Refused, local; as lines.
for target in "${TARGETS[@]}"; do ctl target drain "$target" >/dev/null; done
expect ENDED outcome_of end_affinity "$owner" 10.0.0.11
in_background lb "$LAB_DIR/lines" "$HOLDFASTCTL" --server "$GRPC_ADDRESS" capture --client 10.0.0.11 --for 3s
sleep 0.5
in_host client-1 ping -q -c 1 -W 5 "$VIP" >/dev/null
in_host client-1 curl -s -m 2 "http://$VIP/" >/dev/null || true
wait "$LAST_PID"
expect_in "icmp 10.0.0.11 > $VIP: local: echo_request; answered with echo_reply" cat "$LAB_DIR/lines"
expect_in "SYN: dropped as no_target" cat "$LAB_DIR/lines"
expect_in "answered with tcp_reset" cat "$LAB_DIR/lines"
for target in "${TARGETS[@]}"; do ctl target undrain "$target" >/dev/null; done

# One at a time; whoever ends how, the next one may capture.
start_capture "$port" --for 1m
expect_in "captures since 20" ctl capture
kill -KILL "$CAPTURE_PID"
capture_ends_with 137
wait_until 5 is_free
expect 0 eval 'ctl capture --for 100ms --drops-only 2>/dev/null | wc -l'

# Many packets: as many as were asked for, and everybody's traffic goes on.
start_capture "$port" --count 300 --client 10.0.0.12
ask_many client-2 90 | check_shares 9 81
capture_ends_with 0
expect 300 packets_in "$port"
expect_metric 0 holdfast_drops_total reason=tx_full
