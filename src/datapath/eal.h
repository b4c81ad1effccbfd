// Eal: DPDK's environment, from start to clean-up. One in a process, ever: DPDK
// cannot be started twice.
//
// Thread: the one that starts it becomes lcore 0, on the management core.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace holdfast {

class Eal {
 public:
  // `arguments` as EalArguments() gives them. On error the status has DPDK's reason.
  static absl::StatusOr<std::unique_ptr<Eal>> Start(std::vector<std::string> arguments);
  ~Eal();  // REQUIRES: no lcore runs, all ports are closed
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  static std::string DpdkVersion();

 private:
  explicit Eal(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  std::vector<std::string> arguments_;  // DPDK keeps pointers to them
};

// An error of DPDK's: what was tried, its reason by number and in its own words.
absl::Status DpdkError(const std::string& what, int error_number);

}  // namespace holdfast
