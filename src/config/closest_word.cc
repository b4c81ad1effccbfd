#include "config/closest_word.h"

#include <algorithm>
#include <numeric>

namespace holdfast::config {
namespace {

// Levenshtein's distance, one row of the matrix at a time.
std::size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string ClosestWord(absl::string_view word, const std::vector<std::string>& known) {
  std::string closest;
  std::size_t fewest = word.size();
  for (const std::string& candidate : known) {
    const std::size_t distance = Distance(word, candidate);
    const std::size_t similar = std::max<std::size_t>(2, candidate.size() / 3);
    if (distance > similar || distance >= fewest) continue;
    fewest = distance;
    closest = candidate;
  }
  return closest;
}

}  // namespace holdfast::config
