// Samples: counters and gauges with their exported names, free of any exporter.
// What Prometheus scrapes and what GetCounters answers are both made of these.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

enum class MetricKind : std::uint8_t { kCounter, kGauge };

using Labels = std::vector<std::pair<std::string, std::string>>;  // name and value

struct Sample {
  Labels labels;
  double value = 0;
};

// All samples of one name. Every sample has the same label names in the same order.
struct Family {
  std::string name;  // "holdfast_packets_total"
  std::string help;  // one line
  MetricKind kind = MetricKind::kCounter;
  std::vector<Sample> samples;
};

}  // namespace holdfast
