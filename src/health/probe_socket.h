// ProbeSocket: the kernel's TCP connection of one health check: by a port's interface, from one
// of the ports that ProbeTable is for. It ends with a reset, so that neither end keeps anything
// of it.
//
// Thread: the one that checks.
#pragma once

#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "health/probe.h"

namespace holdfast {

class ProbeSocket {
 public:
  // Takes the ports in turn, so that the last packets of one check still find its target.
  class Ports {
   public:
    std::uint16_t Next() {
      next_ = static_cast<std::uint16_t>(next_ == 65535 ? ProbeTable::kFirstPort : next_ + 1);
      return next_;
    }

   private:
    std::uint16_t next_ = ProbeTable::kFirstPort;
  };

  // Begins to connect and does not wait. Before its first packet leaves, `table` says whom it
  // is for. The status says what the kernel refuses.
  static absl::StatusOr<ProbeSocket> Connect(const ProbeOrder& order, Ports& ports,
                                             ProbeTable& table);
  ProbeSocket(ProbeSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ProbeSocket& operator=(ProbeSocket&&) = delete;
  ~ProbeSocket();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  // It is connected, or as good as that: 0; else the errno of its end.
  [[nodiscard]] int TakeError() const;
  // Somebody else closes it.
  int Release() { return std::exchange(descriptor_, -1); }

 private:
  explicit ProbeSocket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace holdfast
