#include "bench/rounds.h"

#include <algorithm>
#include <ctime>

namespace holdfast::bench {
namespace {

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double RateOf(const Contender& contender) {
  if (contender.prepare) contender.prepare();
  const double begin = ThreadSeconds();
  const std::uint64_t operations = contender.run();
  return static_cast<double>(operations) / (ThreadSeconds() - begin);
}

Measurement MedianOf(std::vector<double> rates) {
  std::ranges::sort(rates);
  const double median = rates[rates.size() / 2];
  return {.per_second = median, .spread = (rates.back() - rates.front()) / median};
}

}  // namespace

std::vector<Measurement> Measure(const std::vector<Contender>& contenders, int rounds) {
  std::vector<std::vector<double>> rates(contenders.size());
  for (int round = 0; round <= rounds; ++round)
    for (std::size_t i = 0; i < contenders.size(); ++i)
      if (const double rate = RateOf(contenders[i]); round != 0) rates[i].push_back(rate);
  std::vector<Measurement> measurements;
  for (std::vector<double>& each : rates) measurements.push_back(MedianOf(std::move(each)));
  return measurements;
}

}  // namespace holdfast::bench
