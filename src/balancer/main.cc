// holdfastd: reads its configuration, takes the machine, balances until told to stop;
// told to (SIGHUP), it reads its configuration again.
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "balancer/appliance.h"
#include "balancer/log.h"
#include "balancer/options.h"
#include "balancer/signal_watch.h"
#include "config/load.h"

namespace holdfast {
namespace {

constexpr int kFailure = 1;
constexpr int kMistakes = 2;

int ReportMistakes(const std::vector<config::Mistake>& mistakes, const Options& options) {
  for (const config::Mistake& mistake : mistakes)
    std::fprintf(stderr, "%s\n", mistake.ToString().c_str());
  std::fprintf(stderr, "holdfastd: %zu %s in %s (--config names another file)\n", mistakes.size(),
               mistakes.size() == 1 ? "mistake" : "mistakes", options.config.c_str());
  return kMistakes;
}

void WarnOfCosts(const config::BalancerConfig& config) {
  if (!config.eal.huge_pages)
    spdlog::warn("eal.huge_pages is false: this costs about a third of the packet rate");
  if (config.control.listen.empty())
    spdlog::warn("control.listen is empty: no target can start an affinity");
}

int ReportFailure(const absl::Status& status) {
  spdlog::error("{}", std::string(status.message()));
  return kFailure;
}

// A start can take long, with tables of many GB. Nobody depends on it yet: it is
// given up where it is, and the kernel takes everything back.
absl::StatusOr<std::unique_ptr<Appliance>> CreateUnlessStopped(
    const config::BalancerConfig& config) {
  const SignalWatch signals({SIGTERM, SIGINT}, [](int signal) {
    spdlog::info("signal {}: giving the start up", signal);
    std::_Exit(0);
  });
  return Appliance::Create(config);
}

void ActOn(int signal, Appliance& appliance, const Options& options) {
  if (signal == SIGHUP) return appliance.Reload(options.config);
  spdlog::info("signal {}: stopping", signal);
  appliance.Stop();
}

int Serve(const config::BalancerConfig& config, const Options& options) {
  const std::vector<int> signals = {SIGTERM, SIGINT, SIGHUP};
  SignalWatch::Block(signals);
  StartLog(config.log_level);
  WarnOfCosts(config);
  auto appliance = CreateUnlessStopped(config);
  if (!appliance.ok()) return ReportFailure(appliance.status());
  // Goes before the appliance: a second signal must not stop what is gone.
  const SignalWatch watch(signals, [&](int signal) { ActOn(signal, **appliance, options); });
  if (auto status = (*appliance)->Run(); !status.ok()) return ReportFailure(status);
  return 0;
}

int Main(int argc, const char* const* argv) {
  const auto parsed = ParseCommandLine(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& options = std::get<Options>(parsed);
  const config::LoadResult loaded = config::LoadBalancerConfig(options.config);
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&loaded))
    return ReportMistakes(*mistakes, options);
  if (!options.check) return Serve(std::get<config::BalancerConfig>(loaded), options);
  std::printf("%s: no mistakes\n", options.config.c_str());
  return 0;
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) { return holdfast::Main(argc, argv); }
