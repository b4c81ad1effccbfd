#!/bin/bash
# A real Prometheus scrapes the balancer, and promtool has nothing to complain of.
. "$(dirname "$0")/_lab.sh"

# query EXPRESSION: the value of its first result, "" when it has none.
query() {
  in_host lb curl -sf --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
    jq -r '.data.result[0].value[1] // ""'
}

lab_topology
lab_start_balancer
cat >"$LAB_DIR/prometheus.yaml" <<YAML
scrape_configs:
  - job_name: holdfast
    scrape_interval: 500ms
    scrape_timeout: 500ms
    static_configs: [{targets: ["$METRICS_ADDRESS"]}]
YAML
in_background lb "$LAB_DIR/prometheus.log" prometheus --config.file="$LAB_DIR/prometheus.yaml" \
  --storage.tsdb.path="$LAB_DIR/prometheus" --web.listen-address=127.0.0.1:9090
ask_many client-1 50 | check_shares 5 45

# Scraped after the requests were made, therefore with all of them.
wait_until 15 eval '[[ $(query "sum(holdfast_connection_requests_total)") == 50 ]]'
expect 1 query 'up{job="holdfast"}'
expect 50 query 'sum(holdfast_connection_requests_total{service="web",decision="balanced"})'
expect 50 query 'sum(holdfast_packets_total{service="web",step="balanced"})'
check "packets by every service and step are there" test -n "$(query holdfast_packets_total)"
expect "" eval 'scrape | promtool check metrics 2>&1'
