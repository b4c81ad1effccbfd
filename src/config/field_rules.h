// The rules that several sections share: what one field may hold.
//
// Each takes the field's path and value, adds a mistake when a rule is broken,
// and returns what the field means (the default when it is absent or broken).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/forwarding_mode.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

template <typename T>
struct Bounds {
  T least;
  T most;
};

std::uint64_t BoundedNumber(const std::string& field, std::uint64_t value,
                            Bounds<std::uint64_t> bounds, MistakeLog& log);

// Text with a unit; absent: `absent`. Both bounds are allowed values.
absl::Duration BoundedDuration(const std::string& field, const std::string& text,
                               absl::Duration absent, Bounds<absl::Duration> bounds,
                               MistakeLog& log);

// Required; letters, digits and those of `others`.
std::string CheckedName(const std::string& field, const std::string& text, absl::string_view others,
                        MistakeLog& log);

// An address that one host can have: IPv4, not multicast, loopback, unspecified
// or broadcast. Nothing when it is not.
std::optional<IpAddress> HostAddress(const std::string& field, const std::string& text,
                                     MistakeLog& log);
// The same rules for an address that was read already. `text` is what is shown.
bool IsHostAddress(const std::string& field, const std::string& text, const IpAddress& address,
                   MistakeLog& log);

// The MAC address of one host. Nothing when the field is absent, or is not that.
std::optional<MacAddress> CheckedMac(const std::string& field, const std::string& text,
                                     MistakeLog& log);

// Not the network's or the broadcast address of a subnet (RFC 3021: a /31 and a
// /32 have none).
bool IsHostOf(const std::string& field, const IpAddress& address, const IpPrefix& subnet,
              MistakeLog& log);

// "'web-1' is already the name of targets[0]" on the second of two that are equal.
class Uniqueness {
 public:
  // `what` says what must be unique: "name".
  Uniqueness(std::string what, MistakeLog& log) : what_(std::move(what)), log_(log) {}
  // `owner` is the path of what has the value; `value` is empty or spoiled: ignored.
  void Claim(const std::string& owner, const std::string& field, const std::string& value);

 private:
  std::string what_;
  MistakeLog& log_;
  absl::flat_hash_map<std::string, std::string> owners_;
};

// None where nothing is said.
std::optional<ForwardingMode> CheckedForwarding(v1::Forwarding forwarding);

}  // namespace holdfast::config
