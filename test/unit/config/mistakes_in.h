// What a test of configurations starts from, and the mistakes it expects.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/load.h"

namespace holdfast::config {

// The smallest configuration that is right; ports are lines 1 to 4.
inline constexpr char kPort[] =
    "ports:\n"
    "  - name: lan0\n"
    "    device: 'net_tap0'\n"
    "    addresses: [10.0.0.1/24]\n";
// Lines 5 to 9.
inline constexpr char kTargets[] =
    "targets:\n"
    "  - name: web-1\n"
    "    address: 10.0.0.11\n"
    "  - name: web-2\n"
    "    address: 10.0.0.12\n";

inline std::vector<std::string> MistakesIn(const std::string& text) {
  const LoadResult result = ParseBalancerConfig(text, "b.yaml");
  std::vector<std::string> lines;
  if (const auto* mistakes = std::get_if<std::vector<Mistake>>(&result))
    for (const Mistake& mistake : *mistakes) lines.push_back(mistake.ToString());
  return lines;
}

struct Case {
  std::string behaviour;
  std::string yaml;
  std::vector<std::string> mistakes;  // all of them, in order
};

inline void CheckAll(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.behaviour << "\n" << one.yaml);
    CHECK(MistakesIn(one.yaml) == one.mistakes);
  }
}

inline std::string WithPort(const std::string& rest) { return kPort + rest; }
inline std::string WithTargets(const std::string& rest) {
  return absl::StrCat(kPort, kTargets, rest);
}
// A service that is right but for `changed`, on lines 10 to 15.
inline std::string WithService(const std::string& wrong, const std::string& changed) {
  return WithTargets(
      absl::StrReplaceAll("services:\n"
                          "  - name: web\n"
                          "    vip: 192.0.2.1\n"
                          "    protocol: tcp\n"
                          "    ports: [80]\n"
                          "    targets: [{target: web-1}]\n",
                          {{wrong, changed}}));
}

}  // namespace holdfast::config
