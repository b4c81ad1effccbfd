#include "datapath/machine_check.h"

#include <net/if.h>
#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/device_name.h"
#include "datapath/huge_pages.h"

namespace holdfast {
namespace {

bool MayUse(unsigned cpu, const cpu_set_t& allowed) {
  return cpu < CPU_SETSIZE && CPU_ISSET(cpu, &allowed);
}

absl::Status CheckCpu(const std::string& field, unsigned cpu, const cpu_set_t& allowed) {
  if (MayUse(cpu, allowed)) return absl::OkStatus();
  std::vector<unsigned> usable;
  for (unsigned i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &allowed)) usable.push_back(i);
  return absl::FailedPreconditionError(absl::StrCat(
      field, ": CPU ", cpu, " is not there for this process; it may use ",
      absl::StrJoin(usable, ", "), ". Name one of those, or allow more (taskset, cgroup)"));
}

// A line of /proc/meminfo, its first number as it stands there; 0 when it is missing.
std::uint64_t MemoryLine(const std::string& name) {
  std::ifstream file("/proc/meminfo");
  std::string word;
  while (file >> word) {
    if (word != name + ":") continue;
    std::uint64_t value = 0;
    file >> value;
    return value;
  }
  return 0;
}

// The kernel's default size of huge pages is the one that the sysctl makes.
std::uint64_t PagesInPoolFor(std::uint64_t missing_mb) {
  const std::uint64_t page_kb = std::max<std::uint64_t>(MemoryLine("Hugepagesize"), 2048);
  return MemoryLine("HugePages_Total") + (missing_mb * 1024 + page_kb - 1) / page_kb;
}

absl::Status CheckHugePages(std::uint64_t wanted_mb) {
  const std::uint64_t free_mb = FreeHugePagesMb();
  if (free_mb >= wanted_mb) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "eal.memory_mb: ", wanted_mb, " MB of huge pages are wanted, ", free_mb,
      " MB are free. Reserve more (sysctl vm.nr_hugepages=", PagesInPoolFor(wanted_mb - free_mb),
      "), or set eal.huge_pages: false, which costs about a third of the packet rate"));
}

absl::Status CheckInterface(const std::string& what, const std::string& interface) {
  if (interface.empty())
    return absl::NotFoundError(absl::StrCat(
        what, "names no network interface to stand on. Add it, as in 'net_af_packet0,iface=lan0'"));
  if (if_nametoindex(interface.c_str()) != 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(what, "there is no network interface '", interface,
                   "' in this network namespace. 'ip link' lists those that there are"));
}

}  // namespace

absl::Status CheckCpus(const config::Cores& cores) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return absl::OkStatus();  // EAL tells
  absl::Status status = CheckCpu("cores.management", cores.management, allowed);
  for (std::size_t i = 0; i < cores.workers.size(); ++i)
    status.Update(CheckCpu(absl::StrCat("cores.workers[", i, "]"), cores.workers[i], allowed));
  return status;
}

absl::Status CheckMemory(const config::Eal& eal) {
  if (eal.huge_pages) return CheckHugePages(eal.memory_mb);
  const std::uint64_t available_mb = MemoryLine("MemAvailable") / 1024;
  if (available_mb >= eal.memory_mb) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("eal.memory_mb: ", eal.memory_mb, " MB are wanted, this machine has ",
                   available_mb, " MB available. Lower it, or free memory"));
}

absl::Status CheckDevice(const config::Port& port, std::size_t queues) {
  const config::DeviceName device = config::ParseDeviceName(port.device, queues);
  const std::string what = absl::StrCat("port '", port.name, "': device '", port.device, "': ");
  if (device.NeedsKernelInterface()) return CheckInterface(what, device.KernelInterface());
  if (device.bus != "pci" || std::filesystem::exists("/sys/bus/pci/devices/" + device.name))
    return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      what, "no such PCI device. 'dpdk-devbind.py --status' lists those that there are"));
}

}  // namespace holdfast
