#!/bin/bash
# SIGHUP reads the configuration file again and applies it whole, under an open
# connection. With a mistake in it, with what cannot change live, or without a file
# nothing changes, the log says why, and the balancer runs on. Row: P1.
. "$(dirname "$0")/_lab.sh"

# hang_up TEXT...: SIGHUP; soon the log has new lines with each text.
hang_up() {
  local text
  lines_before=$(wc -l <"$LOG")
  kill -HUP "$BALANCER_PID"
  for text in "$@"; do
    wait_until 10 log_says "$text"
    echo "  ok: the log says '$text'"
  done
}
log_says() { tail -n +$((lines_before + 1)) "$LOG" | grep -F -- "$1" >/dev/null; }

change() { sed -i "$@" "$CONFIG"; }
weight_of() {
  ctl service list --json |
    jq --arg target "$1" '.services[] | select(.name == "web") | .targets[] |
      select(.name == $target) | .weight'
}
published() { metric holdfast_snapshots_published_total; }

lab_topology
lab_start_balancer
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 3
read -r held _ <"$LAB_DIR/open"
other=$(another_target "$held")

# The open connection's target leaves the services, and stays a target.
change -e "s/{target: $held}, //; s/, {target: $held}//; s/{target: $other}/{target: $other, weight: 7}/"
hang_up "SIGHUP, $CONFIG: service web: target $held: removed" \
  "SIGHUP, $CONFIG: service web: target $other: weight 100 -> 7" "changes applied"
expect 7 weight_of "$other"
ask_many client-1 60 >"$LAB_DIR/names"
check_fails "$held gets nothing new" grep "$held" "$LAB_DIR/names"
expect_undisturbed "$LAB_DIR/open" "$held"
before=$(published)

hang_up "no difference"

cp "$CONFIG" "$LAB_DIR/right.yaml"
change -e 's/weight: 7/weight: 70000/; s/protocol: udp/protocol: sctp/'
hang_up "weight: '70000': must be 0 to 10000" "'sctp': must be one of: tcp, udp" \
  "refused: 3 mistakes; nothing has changed"
cp "$LAB_DIR/right.yaml" "$CONFIG"
change -e 's/workers: \[0\]/workers: [0, 1]/; s/weight: 7/weight: 9/'
hang_up "refused: only a restart of holdfastd can change cores.workers: 0 -> 0, 1"
rm "$CONFIG"
hang_up "cannot be read: No such file or directory"
expect 7 weight_of "$other"
expect "$before" published

# The level of the log is live, too; what it says of a change comes before it is quiet.
cp "$LAB_DIR/right.yaml" "$CONFIG"
echo "logging: {level: error}" >>"$CONFIG"
hang_up "logging.level: info -> error"
for turn in 1 2 3 4 5; do kill -HUP "$BALANCER_PID"; done
expect_undisturbed "$LAB_DIR/open" "$held"
check "it runs on" is_running "$BALANCER_PID"

# A SIGHUP that comes while it starts is done when it has started.
stop_balancer
cp "$LAB_DIR/right.yaml" "$CONFIG"
in_background lb "$LOG" "$HOLDFASTD" --config "$CONFIG"
BALANCER_PID=$LAST_PID
wait_until 10 grep -q warning "$LOG"
lines_before=0
kill -HUP "$BALANCER_PID"
wait_until 20 log_says "SIGHUP, $CONFIG: no difference"
stop_balancer
