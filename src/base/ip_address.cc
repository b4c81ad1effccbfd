#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace holdfast {
namespace {

// How many leading bits of the sixteen bytes a prefix of `length` covers.
int MappedBits(const IpAddress& address, int length) {
  return address.IsV4() ? 96 + length : length;
}

std::uint8_t MaskOfByte(int byte, int bits) {
  const int covered = std::clamp(bits - 8 * byte, 0, 8);
  return static_cast<std::uint8_t>(0xff00 >> covered);
}

bool ReadAddress(int family, absl::string_view text, void* address) {
  // inet_pton() stops at a zero byte, whatever follows it.
  return !absl::StrContains(text, '\0') &&
         inet_pton(family, std::string(text).c_str(), address) == 1;
}

}  // namespace

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  in_addr v4{};
  if (ReadAddress(AF_INET, text, &v4)) return FromV4(ntohl(v4.s_addr));
  IpAddress v6;
  if (ReadAddress(AF_INET6, text, v6.bytes_.data())) return v6;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not an IPv4 or IPv6 address"));
}

bool IpAddress::IsUnspecified() const { return *this == IpAddress() || *this == FromV4(0); }

bool IpAddress::IsLoopback() const {
  if (IsV4()) return bytes_[12] == 127;
  IpAddress loopback;
  loopback.bytes_[15] = 1;
  return *this == loopback;
}

bool IpAddress::IsMulticast() const { return IsV4() ? bytes_[12] >> 4 == 0xe : bytes_[0] == 0xff; }

bool IpAddress::IsLimitedBroadcast() const { return *this == FromV4(0xffffffff); }

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (IsV4()) return inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof text);
  return inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
}

absl::StatusOr<IpPrefix> IpPrefix::Parse(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  auto address = IpAddress::Parse(parts.first);
  if (!address.ok()) return address.status();
  int length = -1;
  if (!absl::SimpleAtoi(parts.second, &length) || length < 0 ||
      length > address->HostPrefixLength())
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' has no prefix length of 0 to ",
                                                   address->HostPrefixLength(), " after a '/'"));
  return IpPrefix{*address, length};
}

bool IpPrefix::Contains(const IpAddress& other) const {
  if (address.IsV4() != other.IsV4()) return false;
  const int bits = MappedBits(address, length);
  for (int i = 0; i < 16; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (((address.bytes()[at] ^ other.bytes()[at]) & MaskOfByte(i, bits)) != 0) return false;
  }
  return true;
}

std::optional<IpAddress> IpPrefix::Broadcast() const {
  if (!address.IsV4() || length >= 31) return std::nullopt;
  return IpAddress::FromV4(address.V4() | ~std::uint32_t{0} >> length);
}

// In two words: packets' addresses pass here.
IpAddress IpPrefix::Network() const {
  using Words = std::array<std::uint64_t, 2>;
  const int bits = MappedBits(address, length);
  const auto mask = [](int ones) {
    return ones <= 0 ? 0 : __builtin_bswap64(~std::uint64_t{0} << (64 - std::min(ones, 64)));
  };
  auto words = std::bit_cast<Words>(address.bytes());
  words[0] &= mask(bits);
  words[1] &= mask(bits - 64);
  return IpAddress::FromV6(std::bit_cast<IpAddress::Bytes>(words));
}

bool IpPrefix::IsCanonical() const { return Network() == address; }

std::string IpPrefix::ToString() const { return absl::StrCat(address.ToString(), "/", length); }

}  // namespace holdfast
