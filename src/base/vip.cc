#include "base/vip.h"

namespace holdfast {

std::vector<IpAddress> Vip::AddressesIfFew() const {
  const int free_bits = prefix_.address.HostPrefixLength() - prefix_.length;
  std::vector<IpAddress> addresses;
  if (free_bits > 4) return addresses;
  for (unsigned i = 0; i < 1U << free_bits; ++i) {
    IpAddress::Bytes bytes = prefix_.address.bytes();
    bytes[15] |= static_cast<std::uint8_t>(i);
    addresses.push_back(IpAddress::FromV6(bytes));
  }
  return addresses;
}

std::string Vip::ToString() const {
  return IsOne() ? prefix_.address.ToString() : prefix_.ToString();
}

}  // namespace holdfast
