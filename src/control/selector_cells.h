// SelectorCells: which cells a request means, for a target and the services that there are now
// (rows A, A7, A8).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "affinity/affinity_book.h"
#include "affinity/request.h"
#include "control/target_directory.h"

namespace holdfast {

// Cells are the product of both lists.
struct SelectorCells {
  std::vector<std::pair<ServiceSlot, std::uint16_t>> services;  // 0: as a whole
  std::vector<std::uint16_t> client_ports;                      // {0}: any
  IpAddress client;
  std::uint8_t host_bits = 0;
  // Why there are none, in words, or "".
  std::string why_none;
  AffinityOutcome refusal = AffinityOutcome::kNotATarget;  // if there are none

  [[nodiscard]] std::uint64_t Count() const { return services.size() * client_ports.size(); }
  [[nodiscard]] AffinityBook::Cells List() const;
};

// A start needs services that the target serves (A7) and that let it have so many clients (A8).
SelectorCells CellsOfStart(const TargetDirectory& directory, const AffinitySelector& selector,
                           const std::string& target);
// An end may name any service, so that it is told who holds it (A15).
SelectorCells CellsOfEnd(const TargetDirectory& directory, const AffinitySelector& selector,
                         const std::string& target);

}  // namespace holdfast
