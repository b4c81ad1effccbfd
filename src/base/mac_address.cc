#include "base/mac_address.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace holdfast {

absl::StatusOr<MacAddress> MacAddress::Parse(absl::string_view text) {
  MacAddress mac;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  bool valid = parts.size() == mac.bytes.size();
  for (std::size_t i = 0; valid && i < parts.size(); ++i) {
    std::uint32_t byte = 0;
    valid = parts[i].size() == 2 && absl::SimpleHexAtoi(parts[i], &byte);
    mac.bytes[i] = static_cast<std::uint8_t>(byte);
  }
  if (!valid)
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not a MAC address like 02:00:00:00:00:01"));
  return mac;
}

std::string MacAddress::ToString() const {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                         bytes[4], bytes[5]);
}

}  // namespace holdfast
