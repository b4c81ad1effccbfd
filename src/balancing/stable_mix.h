// StableMix: scatters 64 bits over 64 bits, the same in every build and on every
// machine: rings depend on it. (The finalizer of splitmix64, public domain.)
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

constexpr std::uint64_t StableMix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
  value = (value ^ value >> 27) * 0x94D049BB133111EB;
  return value ^ value >> 31;
}

constexpr std::uint64_t StableMix(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = StableMix(seed ^ text.size());
  for (const char c : text) hash = StableMix(hash ^ static_cast<unsigned char>(c));
  return hash;
}

}  // namespace holdfast
