// Vip: the virtual address of a service: one address, or every address of a prefix.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/ip_address.h"

namespace holdfast {

class Vip {
 public:
  Vip() = default;
  Vip(const IpAddress& address) : prefix_{address, address.HostPrefixLength()} {}
  // REQUIRES: it is canonical.
  explicit Vip(const IpPrefix& prefix) : prefix_(prefix) {}

  [[nodiscard]] const IpPrefix& prefix() const { return prefix_; }
  // The address, or the first one.
  [[nodiscard]] const IpAddress& address() const { return prefix_.address; }
  [[nodiscard]] bool IsV4() const { return prefix_.address.IsV4(); }
  [[nodiscard]] bool IsOne() const { return prefix_.length == prefix_.address.HostPrefixLength(); }
  [[nodiscard]] bool Contains(const IpAddress& address) const { return prefix_.Contains(address); }
  // All of its addresses if they are sixteen at the most, or else none: whoever routes more
  // than these routes a prefix.
  [[nodiscard]] std::vector<IpAddress> AddressesIfFew() const;
  // "192.0.2.1", "192.0.2.0/28".
  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const Vip&, const Vip&) = default;
  friend auto operator<=>(const Vip& a, const Vip& b) {
    return std::pair(a.prefix_.address, a.prefix_.length) <=>
           std::pair(b.prefix_.address, b.prefix_.length);
  }

 private:
  IpPrefix prefix_;
};

}  // namespace holdfast
