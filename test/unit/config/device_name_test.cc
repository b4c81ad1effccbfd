#include "config/device_name.h"

#include <catch2/catch.hpp>

namespace holdfast::config {
namespace {

TEST_CASE("a device is on PCI, or virtual with or without arguments", "[config]") {
  struct Case {
    std::string device;
    std::string bus;
    std::string name;
    std::string arguments;
  };
  const Case cases[] = {
      {"0000:3b:00.0", "pci", "0000:3b:00.0", ""},
      {"3b:00.1", "pci", "0000:3b:00.1", ""},  // as DPDK and sysfs spell it
      {"0001:AF:1E.0", "pci", "0001:af:1e.0", ""},
      {"net_tap0", "vdev", "net_tap0", ""},
      {"net_af_packet0,iface=lan0", "vdev", "net_af_packet0", "iface=lan0"},
      {"net_af_packet0,iface=lan0,qpairs={queues}", "vdev", "net_af_packet0",
       "iface=lan0,qpairs=12"},
      {"net_x0,a={queues},b=1,c={queues}", "vdev", "net_x0", "a=12,b=1,c=12"},
  };
  for (const Case& one : cases) {
    INFO(one.device);
    const DeviceName device = ParseDeviceName(one.device, 12);
    CHECK(device.bus == one.bus);
    CHECK(device.name == one.name);
    CHECK(device.arguments == one.arguments);
  }
}

TEST_CASE("the interface under a virtual device is found anywhere in its arguments", "[config]") {
  struct Case {
    std::string device;
    std::string interface;
    bool needed;
  };
  const Case cases[] = {
      {"0000:3b:00.0", "", false},
      {"net_af_packet0", "", true},
      {"net_af_packet0,iface=lan0", "lan0", true},
      {"net_af_packet1,qpairs=2,iface=lan1.7", "lan1.7", true},
      {"net_af_xdp0,queue_count=2,iface=lan0,force_copy=1", "lan0", true},
      {"net_af_xdp0,xiface=lan0", "", true},
      {"net_tap0,iface=tap0", "tap0", false},
      {"net_tap0", "", false},
      {"net_null0", "", false},
  };
  for (const Case& one : cases) {
    INFO(one.device);
    const DeviceName device = ParseDeviceName(one.device, 1);
    CHECK(device.KernelInterface() == one.interface);
    CHECK(device.NeedsKernelInterface() == one.needed);
  }
}

}  // namespace
}  // namespace holdfast::config
