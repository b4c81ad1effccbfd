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
  return protocol == Protocol::kTcp ? "tcp" : "udp";
}

std::string FlowKey::ToString() const {
  return absl::StrCat(ProtocolName(protocol), " ", Endpoint(client, client_port), " > ",
                      Endpoint(vip, vip_port));
}

}  // namespace holdfast
