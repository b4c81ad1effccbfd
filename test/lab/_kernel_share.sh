#!/bin/bash
# A kernel interface on the balancer's port, for labs; after _lab.sh.

KERNEL_INTERFACE=kern0

# share_with_kernel [MORE]: the port of $CONFIG has a kernel interface; MORE is more of its
# settings, as ", packets_per_second: 500".
share_with_kernel() {
  sed -i "s|addresses: \[$BALANCER_ADDRESS/24\]|&, kernel: {interface: $KERNEL_INTERFACE${1:-}}|" \
    "$CONFIG"
  grep -q "kernel: {interface" "$CONFIG" || fail "no port found in $CONFIG"
}

# kernel_packets to_kernel|from_kernel
kernel_packets() { metric holdfast_kernel_packets_total "direction=$1"; }
