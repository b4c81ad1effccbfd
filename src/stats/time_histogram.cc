#include "stats/time_histogram.h"

#include <limits>

namespace holdfast {
namespace {

double Seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

double LimitOf(std::size_t bucket) {
  return bucket < TimeHistogram::kLimits.size() ? Seconds(TimeHistogram::kLimits[bucket])
                                                : std::numeric_limits<double>::infinity();
}

}  // namespace

Sample TimeHistogram::SampleUnder(const Labels& labels) const {
  Sample sample{labels, Seconds(sum_.Read())};
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    count += buckets_[bucket].Read();
    sample.buckets.push_back({LimitOf(bucket), count});
  }
  return sample;
}

}  // namespace holdfast
