// PortWatch: are the ports still there, do their links carry, and what do their devices
// count?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datapath/port.h"
#include "stats/counter.h"
#include "stats/samples.h"

namespace holdfast {

class PortWatch {
 public:
  // The ports outlive it.
  explicit PortWatch(const std::vector<std::unique_ptr<Port>>& ports);
  ~PortWatch();
  PortWatch(const PortWatch&) = delete;
  PortWatch& operator=(const PortWatch&) = delete;

  // UNAVAILABLE when a port has gone: its NIC was pulled or unbound, or the kernel
  // interface under a virtual device was deleted. The management core, about once
  // a second.
  [[nodiscard]] absl::Status Check() const;

  // Looks at the links, logs and counts what has changed since the last look. Returns the
  // ports whose link has come up. The management core, about once a second.
  std::vector<PortIndex> WatchLinks();

  // holdfast_port_*: the links, and what the devices themselves count. Any thread.
  [[nodiscard]] std::vector<Family> Families() const;

 private:
  struct LinkState {
    Counter is_up;  // 0 or 1
    Counter changes;
  };
  struct Watched {
    const Port* port = nullptr;
    std::string kernel_interface;  // "" when there is none
    unsigned interface_index = 0;  // when it was opened: one of the same name is another
    std::unique_ptr<LinkState> link;
  };
  [[nodiscard]] static absl::Status Check(const Watched& watched);

  [[nodiscard]] std::vector<Sample> LinkSamples(Counter LinkState::*field) const;
  [[nodiscard]] bool HasLink(const Watched& watched) const;

  std::vector<Watched> ports_;
  const int socket_;  // to ask the kernel
};

}  // namespace holdfast
