#include "datapath/eal_arguments.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/device_name.h"

namespace holdfast {
namespace {

std::string Lcores(const config::Cores& cores) {
  std::string lcores = absl::StrCat("--lcores=0@", cores.management);
  for (std::size_t i = 0; i < cores.workers.size(); ++i)
    absl::StrAppend(&lcores, ",", i + 1, "@", cores.workers[i]);
  return lcores;
}

void AddMemory(const config::Eal& eal, std::vector<std::string>& arguments) {
  arguments.insert(arguments.end(), {"-m", absl::StrCat(eal.memory_mb)});
  // Without huge pages EAL refuses --in-memory; --no-shconf leaves no files either.
  if (!eal.huge_pages)
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
  else if (eal.in_memory)
    arguments.emplace_back("--in-memory");
  else
    arguments.emplace_back("--file-prefix=holdfast");
}

void AddPciDevices(const config::BalancerConfig& config, std::vector<std::string>& arguments) {
  std::set<std::string> named;  // ports may be VLANs of one device
  for (const config::Port& port : config.ports) {
    const config::DeviceName device =
        config::ParseDeviceName(port.device, config.cores.workers.size());
    if (device.bus != "pci" || !named.insert(device.name).second) continue;
    arguments.insert(arguments.end(), {"-a", device.name});
  }
  if (named.empty()) arguments.emplace_back("--no-pci");
}

}  // namespace

std::vector<std::string> EalArguments(const config::BalancerConfig& config) {
  std::vector<std::string> arguments = {"holdfastd", Lcores(config.cores), "--main-lcore=0",
                                        "--no-telemetry"};
  AddMemory(config.eal, arguments);
  AddPciDevices(config, arguments);
  arguments.insert(arguments.end(), config.eal.extra_args.begin(), config.eal.extra_args.end());
  return arguments;
}

}  // namespace holdfast
