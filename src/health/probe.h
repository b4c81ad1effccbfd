// A health check: what is to be asked of whom, and what came of it.
#pragma once

#include <array>
#include <cstdint>
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
};

struct ProbeResult {
  std::uint64_t id = 0;
  ProbeOutcome outcome = ProbeOutcome::kError;
  std::string reason = {};  // "" when it is ok
};

}  // namespace holdfast
