// NatPorts: the ports of own addresses that replies of connections by nat come back to, and
// whose each is: every worker has as many of its own, so that whoever receives a reply knows
// who has its session.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ids.h"
#include "base/port_set.h"

namespace holdfast {

class NatPorts {
 public:
  NatPorts() = default;  // none
  // REQUIRES: at least one port for each worker. Those that are left over are nobody's.
  NatPorts(PortRange all, std::size_t workers)
      : first_(all.first),
        each_(static_cast<std::uint32_t>((std::size_t{all.last} - all.first + 1) / workers)),
        count_(static_cast<std::uint32_t>(each_ * workers)) {}

  [[nodiscard]] bool any() const { return count_ != 0; }
  [[nodiscard]] bool Have(std::uint16_t port) const {
    return std::uint32_t{port} - first_ < count_;
  }
  // REQUIRES: Have(port).
  [[nodiscard]] WorkerId OwnerOf(std::uint16_t port) const {
    return WorkerId((std::uint32_t{port} - first_) / each_);
  }
  [[nodiscard]] PortRange PortsOf(WorkerId worker) const {
    const auto first = static_cast<std::uint16_t>(first_ + Index(worker) * each_);
    return {first, static_cast<std::uint16_t>(first + each_ - 1)};
  }

 private:
  std::uint32_t first_ = 0;
  std::uint32_t each_ = 1;
  std::uint32_t count_ = 0;
};

}  // namespace holdfast
