// What is asked about affinities and what the answer is, free of any wire format.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/affinity_cell.h"
#include "base/flow_key.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "base/vip.h"

namespace holdfast {

// Service selector x client selector (Figs. 2B and 2D), well formed (A16 holds):
// one address family, ports 1 to 65535, no bits outside the prefix.
struct AffinitySelector {
  IpAddress vip;  // any address of a service's VIP: means the whole service
  Protocol protocol = Protocol::kTcp;
  std::vector<std::uint16_t> service_ports;  // empty: every service of the VIP
  IpAddress client;
  std::vector<std::uint16_t> client_ports;  // empty: any
  std::uint8_t host_bits = 0;               // of `client`; 0: one host (AffinityCell)
};

// What a start asks for beside who and where.
struct AffinityTerms {
  AffinityTerms(absl::Duration for_how_long = absl::ZeroDuration(), bool extend = false)
      : duration(for_how_long), extend_on_connection(extend) {}
  absl::Duration duration;    // zero: the longest (A17)
  bool extend_on_connection;  // A19; a service may say so for all
};
// How far an end goes.
struct EndScope {
  bool allow_partial = false;     // A12
  bool include_narrower = false;  // A13
};

enum class AffinityOutcome : std::uint8_t {
  kStarted,          // A1, A6
  kRenewed,          // A2
  kCovered,          // A4
  kOwnedByOther,     // A3, A5, A15
  kNotATarget,       // A7
  kTableFull,        // A9
  kQuotaExceeded,    // A9
  kPrefixTooWide,    // A8
  kEnded,            // A11
  kNotFound,         // A14
  kNotEndedCovered,  // A12
};
// "started", "owned_by_other" ...: the label of holdfast_affinity_requests_total.
inline constexpr std::array<std::string_view, 11> kAffinityOutcomeNames = {
    "started",      "renewed",    "covered",          "owned_by_other",
    "not_a_target", "table_full", "quota_exceeded",   "prefix_too_wide",
    "ended",        "not_found",  "not_ended_covered"};

// Why an affinity ended when services and targets changed (A21).
enum class OrphanReason : std::uint8_t {
  kVipRemoved,     // its service is gone, or has another VIP or protocol
  kNotATarget,     // the service has that port no more, or its owner is not in its set
  kTargetRemoved,  // its owner is gone
  kTargetDown,     // its owner is down, and the service says on_down: end
  kDrained,        // its owner drains, and the service says that they end, at once or by now
};
// The label of holdfast_affinities_orphaned_total.
inline constexpr std::array<std::string_view, 5> kOrphanReasonNames = {
    "vip_removed", "not_a_target", "target_removed", "target_down", "drained"};

// A cell as it stands, in words. Of a hole, `target` cut it out of its own.
struct AffinityListing {
  AffinityCell cell;
  std::string service;
  Vip vip;
  Protocol protocol = Protocol::kTcp;
  std::string target;
  absl::Duration age;
  absl::Duration time_left;  // none of a hole
  bool extends = false;      // A19
};

struct AffinityAnswer {
  AffinityOutcome outcome = AffinityOutcome::kNotFound;
  std::string explanation;  // one sentence
  absl::Duration granted;   // kStarted, kRenewed
  std::uint64_t ended = 0;  // kEnded: affinities that are gone (A13)
  std::uint64_t cut = 0;    // kEnded: parts that were cut out of wider ones (A12)
  std::optional<AffinityListing> conflict;
};

}  // namespace holdfast
