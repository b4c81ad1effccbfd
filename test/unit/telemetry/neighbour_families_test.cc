#include "telemetry/neighbour_families.h"

#include <catch2/catch.hpp>

#include "stats/find_sample.h"

namespace holdfast {
namespace {

using testing::ValueOf;

TEST_CASE("neighbours are counted by state, and lies by why they are none", "[telemetry]") {
  NeighbourCounters counters;
  counters.states[3].Set(7);
  counters.unbelieved[static_cast<std::size_t>(UnbelievedClaim::kStatic)].Add(2);
  counters.unbelieved[static_cast<std::size_t>(UnbelievedClaim::kOursClaimed)].Add(3);
  counters.questions.Add(11);
  counters.announcements.Add(13);
  const auto families = NeighbourFamilies(counters);
  CHECK(ValueOf(families, "holdfast_neighbours", {{"state", "failed"}}) == 7);
  CHECK(ValueOf(families, "holdfast_neighbours", {{"state", "reachable"}}) == 0);
  const auto ignored = [&](const char* reason) {
    return ValueOf(families, "holdfast_neighbour_claims_ignored_total", {{"reason", reason}});
  };
  CHECK(ignored("static") == 2);
  CHECK(ignored("no_override") == 0);
  CHECK(ignored("own_address") == 3);
  CHECK(ValueOf(families, "holdfast_neighbour_questions_total", {}) == 11);
  CHECK(ValueOf(families, "holdfast_announcements_total", {}) == 13);
}

}  // namespace
}  // namespace holdfast
