#!/bin/bash
# Of several affinities of a client the most specific wins: one that names the
# client's port before any port, then one that names the service's port before
# the whole service. Rows: A6, P2.
. "$(dirname "$0")/_lab.sh"

start() {
  ctl_from "$1" affinity start --vip "$VIP" --protocol tcp --client 10.0.0.11 --target "$1" "${@:2}"
}

# reached SERVICE_PORT CLIENT_PORT: who answers there.
reached() {
  in_host client-1 curl -s --max-time 3 -H 'Connection: close' --local-port "$2" \
    "http://$VIP:$1/"
}

lab_topology
write_config
sed -i 's/ports: \[80\]/ports: [80, 8080]/' "$CONFIG"
start_with_config

# The narrow ones first: inside a wider one of another target they would be refused.
expect STARTED outcome_of start web-1 --port 8080 --client-port 20001
expect STARTED outcome_of start web-2 --client-port 20001,20002
expect STARTED outcome_of start web-3 --port 8080
expect STARTED outcome_of start web-1

expect web-1 reached 8080 20001 # names both ports
expect web-2 reached 80 20001   # names the client's port
expect web-2 reached 8080 20002 # the client's port goes before the service's
expect web-3 reached 8080 20003 # names the service's port
expect web-1 reached 80 20003   # the whole service

# Each that ends uncovers the next one.
expect ENDED outcome_of ctl affinity end --vip "$VIP" --client 10.0.0.11 --target web-1 \
  --port 8080 --client-port 20001
expect web-2 reached 8080 20001
expect ENDED outcome_of ctl affinity end --vip "$VIP" --client 10.0.0.11 --target web-2 \
  --client-port 20002,20001
expect web-3 reached 8080 20001
expect web-1 reached 80 20001
