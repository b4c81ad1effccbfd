// What a bench needs before it measures: options, huge pages and DPDK, or to say
// that there are none.
#pragma once

#include <cstddef>
#include <string>

namespace holdfast::bench {

struct Options {
  bool quick = false;  // fewer sizes and rounds
  [[nodiscard]] int rounds() const { return quick ? 3 : 5; }
};

// "--quick" is all there is.
Options OptionsFrom(int argc, char** argv);

// DPDK, on huge pages if enough are free; else on ordinary ones, which a line on
// standard error says. Memory for a rte_hash of ten million entries either way.
void StartEal();

// The bench cannot go on: says so on standard error, and ends it.
[[noreturn]] void Fail(const std::string& what);

// 1000: "1k", 10'000'000: "10M".
std::string SizeName(std::size_t count);

}  // namespace holdfast::bench
