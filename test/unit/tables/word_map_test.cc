#include "tables/word_map.h"

#include <catch2/catch.hpp>
#include <random>
#include <unordered_map>

namespace holdfast {
namespace {

TEST_CASE("a word map that is empty finds nothing, not even zero", "[tables]") {
  const WordMap map;
  CHECK(map.Find(0) == WordMap::kNone);
  CHECK(map.Find(7) == WordMap::kNone);
}

TEST_CASE("a word map finds what is in it, the first of equal words, and nothing else",
          "[tables]") {
  std::mt19937_64 random(2026);
  std::unordered_map<std::uint64_t, std::uint32_t> expected;
  std::vector<WordMap::Entry> entries;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    // Neighbouring words and scattered ones; some of them twice.
    const std::uint64_t word = i % 2 == 0 ? i / 3 : random() % 100'000;
    entries.push_back({word, i});
    expected.emplace(word, i);
  }
  const WordMap map(entries);
  for (std::uint64_t word = 0; word < 100'000; ++word) {
    const auto found = expected.find(word);
    REQUIRE(map.Find(word) == (found == expected.end() ? WordMap::kNone : found->second));
  }
}

}  // namespace
}  // namespace holdfast
