// Tap: a network interface of the kernel's whose wire is this process (TAP). It is gone
// when this is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "base/mac_address.h"

namespace holdfast {

class Tap {
 public:
  struct Identity {
    std::string interface;
    MacAddress mac;
    std::uint32_t mtu = 1500;
    std::vector<IpPrefix> addresses;
  };
  // Makes it, with its addresses, and up. The status names interface, what it should
  // have had, and the kernel's reason.
  static absl::StatusOr<Tap> Create(const Identity& identity);
  ~Tap();
  Tap(Tap&& other) noexcept;
  Tap& operator=(Tap&&) = delete;

  // What is read from it is a frame that the kernel sends, what is written one that it
  // receives; never waits.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] const std::string& interface() const { return interface_; }

 private:
  Tap(int descriptor, std::string interface);

  int descriptor_;
  std::string interface_;
};

}  // namespace holdfast
