// Fields of requests that more than one kind of request has, and how a mistake in a field is
// told (from_wire.h).
//
// Thread-safe: no state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/flow_key.h"
#include "base/ip_address.h"
#include "holdfast/v1/affinity.pb.h"

namespace holdfast {

template <typename Value>
absl::Status Mistake(absl::string_view field, const Value& value, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, ": ", rule));
}

// What came from outside, short: a message travels in a header, which gRPC limits to 8 KiB.
inline std::string Quoted(absl::string_view text) {
  constexpr std::size_t kLongestShown = 64;
  const absl::string_view shown = text.substr(0, kLongestShown);
  return absl::StrCat("'", absl::CHexEscape(shown), shown.size() < text.size() ? "..." : "", "'");
}

inline absl::StatusOr<Protocol> ProtocolFromWire(absl::string_view field, v1::Protocol wire) {
  if (wire == v1::PROTOCOL_TCP) return Protocol::kTcp;
  if (wire == v1::PROTOCOL_UDP) return Protocol::kUdp;
  return Mistake(field, static_cast<int>(wire), "must be PROTOCOL_TCP (6) or PROTOCOL_UDP (17)");
}

inline absl::StatusOr<IpAddress> AddressFromWire(absl::string_view field, const std::string& text) {
  auto address = IpAddress::Parse(text);
  if (!address.ok()) return Mistake(field, Quoted(text), "must be an IPv4 or IPv6 address");
  return address;
}

// Not negative.
absl::StatusOr<absl::Duration> DurationFromWire(absl::string_view field,
                                                const google::protobuf::Duration& wire);

}  // namespace holdfast
