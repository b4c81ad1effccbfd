#!/bin/bash
# The main job over AF_XDP sockets: clients are balanced, held, and let go.
# Rows: A1, A11, P2, P4.
. "$(dirname "$0")/_lab.sh"
AF_XDP=44
/usr/bin/python3 -c "import socket; socket.socket($AF_XDP, socket.SOCK_RAW)" 2>/dev/null ||
  skip "this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS)"
main_job_over af_xdp
