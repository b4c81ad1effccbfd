// Row: one figure of a bench as one line of JSON on standard output, for
// scripts/bench to gather.
#pragma once

#include <optional>
#include <string>

namespace holdfast::bench {

struct Row {
  std::string row = {};   // "B8", or empty: a figure beside the goals
  std::string name = {};  // "connection lookup, IPv4, 1M"
  double value = 0;
  std::string unit;                      // "M/s": more is better; "ms", "B": less is better
  std::optional<double> reference = {};  // measured in the same run, in the same unit
  std::string reference_name = {};
  std::optional<double> floor = {};  // of the ratio where there is a reference, else of the value
  std::optional<double> target = {};
  double spread = 0;  // (highest - lowest) / median of the rounds
};

// `met` is "target", "floor" or "no"; null where there is nothing to meet.
void Print(const Row& row);

}  // namespace holdfast::bench
