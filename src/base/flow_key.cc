#include "base/flow_key.h"

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

std::string Endpoint(const IpAddress& address, std::uint16_t port) {
  if (address.IsV4()) return absl::StrCat(address.ToString(), ":", port);
  return absl::StrCat("[", address.ToString(), "]:", port);
}

}  // namespace

absl::string_view ProtocolName(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp:
      return "tcp";
    case Protocol::kUdp:
      return "udp";
    case Protocol::kIcmp:
      return "icmp";
    case Protocol::kIcmpV6:
      return "icmpv6";
  }
  return "unknown";
}

std::string FlowKey::ToString() const {
  if (!HasPorts(protocol))
    return absl::StrCat(ProtocolName(protocol), " ", client.ToString(), " > ", vip.ToString(),
                        ", identifier ", client_port);
  return absl::StrCat(ProtocolName(protocol), " ", Endpoint(client, client_port), " > ",
                      Endpoint(vip, vip_port));
}

}  // namespace holdfast
