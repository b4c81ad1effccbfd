// Row: one figure of a bench as one line of JSON on standard output, for
// scripts/bench to gather:
//
//   {"row":"B8","name":"connection lookup, IPv4, 1M","value":120.3,"unit":"M/s",
//    "reference":44.1,"reference_name":"rte_hash lock-free, bulk 32","ratio":2.728,
//    "floor":2.5,"target":3.6,"met":"floor","spread":0.031}
//
// All keys are there, in this order; what there is none of is null. Floor and target
// are of the ratio where there is a reference, else of the value. `met` is "target",
// "floor" or "no"; null without a target. Lines that do not begin with a brace, and
// standard error, are for people.
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

void Print(const Row& row);

}  // namespace holdfast::bench
