#!/bin/bash
# Any gRPC client works with Holdfast, over TCP and over the Unix socket: one that
# asks for health, and one that learns by reflection what services and messages
# there are and then starts an affinity. Rows: A1.
. "$(dirname "$0")/_lab.sh"

client() { in_host web-2 /usr/bin/python3 "$LAB_SOURCES/_grpc_client.py" "$@"; }

lab_topology
lab_start_balancer

for server in "$GRPC_ADDRESS" "unix:$LAB_DIR/control.sock"; do
  expect SERVING client "$server" health
  for service in holdfast.v1.AffinityService holdfast.v1.AdminService grpc.health.v1.Health; do
    expect_in "$service" client "$server" services
  done
done

request='{"selector": {"vip": "10.0.0.80", "protocol": "PROTOCOL_TCP", "service_ports": [80],
          "client": "10.0.0.11"}, "target": "web-2", "duration": "60s"}'
answer=$(client "$GRPC_ADDRESS" call holdfast.v1.AffinityService/StartAffinity "$request")
expect OUTCOME_STARTED jq -r .outcome <<<"$answer"
expect 60s jq -r .granted_duration <<<"$answer"
expect "web-2=20" eval 'ask_many client-1 20 | tally'
