// Samples: counters and gauges with their exported names, free of any exporter.
// What Prometheus scrapes and what GetCounters answers are both made of these.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

enum class MetricKind : std::uint8_t { kCounter, kGauge, kHistogram };

using Labels = std::vector<std::pair<std::string, std::string>>;  // name and value

// How many values were at most so large; `at_most` is infinity for the last one.
struct SampleBucket {
  double at_most = 0;
  std::uint64_t count = 0;
};

struct Sample {
  Labels labels;
  double value = 0;                        // of a histogram: the sum
  std::vector<SampleBucket> buckets = {};  // of a histogram, by `at_most`
};

// All samples of one name. Every sample has the same label names in the same order.
struct Family {
  std::string name;  // "holdfast_packets_total"
  std::string help;  // one line
  MetricKind kind = MetricKind::kCounter;
  std::vector<Sample> samples;
};

// One for each number of a sample, as Prometheus names them: a histogram named x has
// x_bucket under the label "le", x_sum and x_count.
struct NamedValue {
  std::string name;
  Labels labels;
  double value = 0;
};
std::vector<NamedValue> ValuesOf(const Family& family);

}  // namespace holdfast
