// A health check: what is to be asked of whom, and what came of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "config/balancer_config.h"
#include "tables/probe_table.h"

namespace holdfast {

// The names are an API.
enum class ProbeOutcome : std::uint8_t {
  kOk,
  kRefused,  // no connection: reset
  kTimeout,
  kStatus,  // HTTP's is another one, or gRPC does not say SERVING
  kError,   // anything else
};
inline constexpr std::array<std::string_view, 5> kProbeOutcomeNames = {"ok", "refused", "timeout",
                                                                       "status", "error"};

struct ProbeOrder {
  std::uint64_t id = 0;
  config::HealthCheck check;
  ProbeTable::Aim aim;    // whose headers its packets get
  IpAddress vip;          // it is sent to; the port is the check's
  IpAddress from;         // an own address of the interface, of the VIP's family
  std::string interface;  // of the kernel's, by which it leaves
  // By nat: it is sent to the target's own address and port instead, as what nat makes of a
  // client's packet is, and leaves as the kernel makes it.
  struct Target {
    IpAddress address;
    std::uint16_t port = 0;
    friend bool operator==(const Target&, const Target&) = default;
  };
  std::optional<Target> target = std::nullopt;
};

struct ProbeResult {
  std::uint64_t id = 0;
  ProbeOutcome outcome = ProbeOutcome::kError;
  std::string reason = {};  // "" when it is ok
};

}  // namespace holdfast
