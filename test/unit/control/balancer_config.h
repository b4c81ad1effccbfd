// A configuration as the tests of control/ use it: three targets; "web" on TCP
// 80 and 443 has all of them (weights 100, 100, 200), "dns" on UDP 53 has web-1,
// and web-2 with weight 0. Both have the VIP 192.0.2.1.
#pragma once

#include "config/balancer_config.h"

namespace holdfast::testing {

inline IpAddress Address(const char* text) { return IpAddress::Parse(text).value(); }

inline config::BalancerConfig ThreeTargets() {
  config::BalancerConfig config;
  config.ring_seed = 2026;
  for (const char* const name : {"lan0", "lan1"}) config.ports.emplace_back().name = name;
  config.targets = {{"web-1", Address("10.0.0.11"), {}, 0},
                    {"web-2", Address("10.0.0.12"), {}, 1},
                    {"web-3", Address("10.0.0.13"), {}, 0}};
  config.services = {{"web",
                      Address("192.0.2.1"),
                      Protocol::kTcp,
                      {80, 443},
                      config::NoTarget::kReject,
                      {{0, 100}, {1, 100}, {2, 200}}},
                     {"dns",
                      Address("192.0.2.1"),
                      Protocol::kUdp,
                      {53},
                      config::NoTarget::kDrop,
                      {{0, 100}, {1, 0}}}};
  return config;
}

}  // namespace holdfast::testing
