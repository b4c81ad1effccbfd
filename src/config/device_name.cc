#include "config/device_name.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace holdfast::config {
namespace {

// The short form leaves domain 0 out.
std::string FullPciAddress(const std::string& address) {
  const bool is_short = address.size() == std::string("3b:00.0").size();
  return absl::StrCat(is_short ? "0000:" : "", absl::AsciiStrToLower(address));
}

}  // namespace

std::string DeviceName::KernelInterface() const {
  for (absl::string_view argument : absl::StrSplit(arguments, ','))
    if (absl::ConsumePrefix(&argument, "iface=")) return std::string(argument);
  return "";
}

bool DeviceName::NeedsKernelInterface() const {
  return absl::StartsWith(name, "net_af_packet") || absl::StartsWith(name, "net_af_xdp");
}

DeviceName ParseDeviceName(const std::string& device, std::size_t queues) {
  if (!absl::StartsWith(device, "net_")) return {"pci", FullPciAddress(device), ""};
  const std::pair<std::string, std::string> parts = absl::StrSplit(
      absl::StrReplaceAll(device, {{"{queues}", absl::StrCat(queues)}}), absl::MaxSplits(',', 1));
  return {"vdev", parts.first, parts.second};
}

}  // namespace holdfast::config
