// AutomaticView: what workers need of a service's automatic affinity (T); part of a Snapshot.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/port_set.h"

namespace holdfast {

struct AutomaticView {
  bool on = false;
  std::uint32_t linger = 0;   // seconds after a client's last connection
  PortSet client_ports = {};  // T4: of these alone; none: of any
  // The service's set, whatever their weights and states, in order. Empty where it is off.
  std::vector<TargetHandle> targets = {};

  // Whether a connection from this port counts, and follows. 0: without ports.
  [[nodiscard]] bool Covers(std::uint16_t client_port) const {
    return on && (client_ports.empty() || client_ports.Contains(client_port));
  }
  [[nodiscard]] bool Has(TargetHandle target) const {
    return std::binary_search(targets.begin(), targets.end(), target);
  }
};

}  // namespace holdfast
