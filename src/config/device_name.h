// The device of a port, as its configuration names it, in DPDK's terms.
#pragma once

#include <cstddef>
#include <string>

namespace holdfast::config {

struct DeviceName {
  std::string bus;        // "pci" or "vdev"
  std::string name;       // "0000:3b:00.0" (as DPDK and sysfs spell it), "net_af_packet0"
  std::string arguments;  // of a vdev: "iface=lan0,qpairs=2"; may be ""

  // The kernel interface that a vdev stands on ("iface="), "" when there is none.
  [[nodiscard]] std::string KernelInterface() const;
  // False for a vdev that makes its interface itself (net_tap).
  [[nodiscard]] bool NeedsKernelInterface() const;
};

// `device` is a validated ports[].device; "{queues}" becomes `queues`.
DeviceName ParseDeviceName(const std::string& device, std::size_t queues);

}  // namespace holdfast::config
