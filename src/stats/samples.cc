#include "stats/samples.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

void AddHistogram(const std::string& name, const Sample& sample, std::vector<NamedValue>& values) {
  for (const SampleBucket& bucket : sample.buckets) {
    Labels labels = sample.labels;
    labels.emplace_back("le", std::isinf(bucket.at_most) ? "+Inf" : absl::StrCat(bucket.at_most));
    values.push_back({name + "_bucket", std::move(labels), static_cast<double>(bucket.count)});
  }
  values.push_back({name + "_sum", sample.labels, sample.value});
  values.push_back(
      {name + "_count", sample.labels, static_cast<double>(sample.buckets.back().count)});
}

}  // namespace

std::vector<NamedValue> ValuesOf(const Family& family) {
  std::vector<NamedValue> values;
  for (const Sample& sample : family.samples) {
    if (family.kind == MetricKind::kHistogram)
      AddHistogram(family.name, sample, values);
    else
      values.push_back({family.name, sample.labels, sample.value});
  }
  return values;
}

}  // namespace holdfast
