// What passes between a port and its kernel interface, and what does not. The names are
// an API.
//
// Single writer: the kernel's thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "stats/worker_counters.h"

namespace holdfast {

// Seen from the balancer: to the kernel is what the port received.
enum class KernelDirection : std::uint8_t { kToKernel, kFromKernel };
inline constexpr std::array<std::string_view, 2> kKernelDirectionNames = {"to_kernel",
                                                                          "from_kernel"};

enum class KernelDrop : std::uint8_t {
  kInterfaceDown,  // or gone
  kInterfaceFull,  // the kernel is behind
  kOversized,      // longer than the port's MTU allows: somebody raised the interface's
  kFailed,         // anything else that the kernel says
};
inline constexpr std::array<std::string_view, 4> kKernelDropNames = {
    "interface_down", "interface_full", "oversized", "failed"};

struct KernelCounters {
  struct Way {
    Counter packets;
    Counter bytes;
    CounterArray<KernelDrop, kKernelDropNames.size()> drops;
  };
  Way to_kernel;
  Way from_kernel;
};

}  // namespace holdfast
