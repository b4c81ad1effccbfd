// Metric: an exported name, and the counters of an Owner that stand under it.
//
// Tables of them say what is exported: one line for each name.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "stats/counter.h"
#include "stats/samples.h"
#include "stats/worker_counters.h"

namespace holdfast {

// Owner: a struct of counters, of which any number (workers, say) may be there.
template <typename Owner>
class Metric {
 public:
  using Field = Counter Owner::*;
  struct Event {
    std::string_view name;
    Field field;
  };

  // One counter; a sample is worth 1 / `unit` of it.
  Metric(Field field, std::string_view name, std::string_view help,
         MetricKind kind = MetricKind::kCounter, double unit = 1)
      : name_(name), help_(help), kind_(kind), unit_(unit) {
    series_.push_back({"", std::mem_fn(field)});
  }
  // An array of counters, told apart by `label`.
  template <typename Enum, std::size_t kCount>
  Metric(CounterArray<Enum, kCount> Owner::*field, std::string_view name, std::string_view label,
         const std::array<std::string_view, kCount>& values, std::string_view help)
      : name_(name), help_(help), label_(label) {
    for (std::size_t i = 0; i < kCount; ++i)
      series_.push_back({values[i], [field, i](const Owner& owner) -> const Counter& {
                           return (owner.*field)[static_cast<Enum>(i)];
                         }});
  }
  // Counters that belong together, told apart by the label "event".
  Metric(std::initializer_list<Event> events, std::string_view name, std::string_view help)
      : name_(name), help_(help), label_("event") {
    for (const Event& event : events) series_.push_back({event.name, std::mem_fn(event.field)});
  }

  [[nodiscard]] Family Empty() const { return {std::string(name_), std::string(help_), kind_, {}}; }
  // One sample for each counter, under `labels` and its own.
  void AddSamples(const Labels& labels, const Owner& owner, std::vector<Sample>& samples) const {
    for (const Series& series : series_) {
      const double value = static_cast<double>(series.counter(owner).Read()) / unit_;
      Sample& sample = samples.emplace_back(Sample{labels, value});
      if (!label_.empty()) sample.labels.emplace_back(label_, series.value);
    }
  }

 private:
  struct Series {
    std::string_view value;  // of the label
    std::function<const Counter&(const Owner&)> counter;
  };

  std::string_view name_;
  std::string_view help_;
  MetricKind kind_ = MetricKind::kCounter;
  double unit_ = 1;
  std::string_view label_;  // "": none
  std::vector<Series> series_;
};

}  // namespace holdfast
