// PortWatch: are the ports still there, and what do their devices count?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datapath/port.h"
#include "stats/samples.h"

namespace holdfast {

class PortWatch {
 public:
  // The ports outlive it.
  explicit PortWatch(const std::vector<std::unique_ptr<Port>>& ports);

  // UNAVAILABLE when a port has gone: its NIC was pulled or unbound, or the kernel
  // interface under a virtual device was deleted. The management core, about once
  // a second.
  [[nodiscard]] absl::Status Check() const;

  // holdfast_port_*: what the devices themselves count. Any thread.
  [[nodiscard]] std::vector<Family> Families() const;

 private:
  struct Watched {
    const Port* port = nullptr;
    std::string kernel_interface;  // "" when there is none
    unsigned interface_index = 0;  // when it was opened: one of the same name is another
  };
  [[nodiscard]] static absl::Status Check(const Watched& watched);

  std::vector<Watched> ports_;
};

}  // namespace holdfast
