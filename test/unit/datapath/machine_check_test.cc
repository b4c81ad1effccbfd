#include "datapath/machine_check.h"

#include <sched.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "datapath/huge_pages.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kAbsurd = std::numeric_limits<std::uint32_t>::max();  // MB: 4 PB

std::vector<unsigned> UsableCpus() {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  return cpus;
}

void CheckMessage(const absl::Status& status, absl::StatusCode code,
                  const std::vector<std::string>& parts) {
  CHECK(status.code() == code);
  for (const std::string& part : parts)
    CHECK_THAT(std::string(status.message()), Catch::Contains(part));
}

TEST_CASE("the CPUs that this process may use are accepted", "[datapath]") {
  const std::vector<unsigned> cpus = UsableCpus();
  CHECK(CheckCpus({.management = cpus.front(), .workers = cpus}).ok());
}

TEST_CASE("a CPU that is not there is refused by its field, with those that are", "[datapath]") {
  const unsigned usable = UsableCpus().back();
  const std::string named = "it may use ";
  CheckMessage(CheckCpus({.management = 4095, .workers = {usable}}),
               absl::StatusCode::kFailedPrecondition,
               {"cores.management: CPU 4095 is not there", named, std::to_string(usable) + ". "});
  CheckMessage(CheckCpus({.management = usable, .workers = {usable, 4095}}),
               absl::StatusCode::kFailedPrecondition, {"cores.workers[1]: CPU 4095 ", named});
  CheckMessage(CheckCpus({.management = usable, .workers = {kAbsurd}}),
               absl::StatusCode::kFailedPrecondition, {"cores.workers[0]: CPU 4294967295 "});
}

TEST_CASE("a CPU that is there, but not for this process, is refused", "[datapath]") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  const std::vector<unsigned> cpus = UsableCpus();
  if (cpus.size() < 2) return;
  cpu_set_t only_first;
  CPU_ZERO(&only_first);
  CPU_SET(cpus.front(), &only_first);
  REQUIRE(sched_setaffinity(0, sizeof only_first, &only_first) == 0);
  const absl::Status status = CheckCpus({.management = cpus.front(), .workers = {cpus.back()}});
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
  CheckMessage(status, absl::StatusCode::kFailedPrecondition,
               {"cores.workers[0]: CPU " + std::to_string(cpus.back()),
                "it may use " + std::to_string(cpus.front()) + ". "});
}

TEST_CASE("memory that is there is accepted", "[datapath]") {
  CHECK(CheckMemory({.huge_pages = false, .memory_mb = 32, .in_memory = true, .extra_args = {}})
            .ok());
}

TEST_CASE("more memory than there is is refused with the option and both numbers", "[datapath]") {
  CheckMessage(
      CheckMemory({.huge_pages = false, .memory_mb = kAbsurd, .in_memory = true, .extra_args = {}}),
      absl::StatusCode::kResourceExhausted,
      {"eal.memory_mb: 4294967295 MB are wanted", " MB available. Lower it"});
}

TEST_CASE("too few huge pages are refused with the sysctl that makes more, and the option without",
          "[datapath]") {
  CheckMessage(
      CheckMemory({.huge_pages = true, .memory_mb = kAbsurd, .in_memory = true, .extra_args = {}}),
      absl::StatusCode::kResourceExhausted,
      {"eal.memory_mb: 4294967295 MB of huge pages are wanted", " MB are free",
       "sysctl vm.nr_hugepages=", "eal.huge_pages: false"});
}

// The kernel's directory of huge pages, as a test wants it.
class HugePageSizes {
 public:
  HugePageSizes() {
    std::string name = std::filesystem::temp_directory_path() / "huge_pages_XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    directory_ = name;
  }
  ~HugePageSizes() { std::filesystem::remove_all(directory_); }
  HugePageSizes(const HugePageSizes&) = delete;
  HugePageSizes& operator=(const HugePageSizes&) = delete;

  void Set(const std::string& size, const std::string& file, int value) const {
    std::filesystem::create_directory(directory_ / size);
    std::ofstream(directory_ / size / file) << value << "\n";
  }
  [[nodiscard]] std::uint64_t FreeMb() const { return FreeHugePagesMb(directory_); }

 private:
  std::filesystem::path directory_;
};

TEST_CASE("huge pages of every size count, but not those promised to others", "[datapath]") {
  const HugePageSizes sizes;
  CHECK(sizes.FreeMb() == 0);
  sizes.Set("hugepages-2048kB", "free_hugepages", 100);
  CHECK(sizes.FreeMb() == 200);
  sizes.Set("hugepages-2048kB", "resv_hugepages", 30);
  CHECK(sizes.FreeMb() == 140);
  sizes.Set("hugepages-1048576kB", "free_hugepages", 2);
  CHECK(sizes.FreeMb() == 140 + 2048);
  sizes.Set("hugepages-64kB", "nr_overcommit_hugepages", 48);
  sizes.Set("hugepages-64kB", "surplus_hugepages", 16);
  CHECK(sizes.FreeMb() == 140 + 2048 + 2);
  sizes.Set("hugepages-2048kB", "resv_hugepages", 101);
  CHECK(sizes.FreeMb() == 2048 + 2);
  sizes.Set("other", "free_hugepages", 7);
  CHECK(sizes.FreeMb() == 2048 + 2);
  CHECK(FreeHugePagesMb("/nowhere") == 0);
}

config::Port PortOn(const std::string& device) {
  config::Port port;
  port.name = "wan";
  port.device = device;
  return port;
}

TEST_CASE("a device that is there, or makes itself, is accepted", "[datapath]") {
  for (const char* device : {"net_af_packet0,iface=lo", "net_af_packet0,qpairs={queues},iface=lo",
                             "net_af_xdp0,iface=lo", "net_tap0,iface=tap77", "net_null0"}) {
    INFO(device);
    CHECK(CheckDevice(PortOn(device), 2).ok());
  }
}

TEST_CASE("a device that is not there is refused by port, device and how to find one",
          "[datapath]") {
  struct Case {
    std::string device;
    std::vector<std::string> parts;
  };
  const Case cases[] = {
      {"net_af_packet0,iface=nowhere7",
       {"no network interface 'nowhere7'", "network namespace", "ip link"}},
      {"net_af_xdp0,iface=a-name-longer-than-any",
       {"no network interface 'a-name-longer-than-any'"}},
      {"net_af_packet0,qpairs=1", {"names no network interface", ",iface="}},
      {"ffff:ff:1f.7", {"no such PCI device", "dpdk-devbind.py --status"}},
      {"ff:1f.7", {"no such PCI device"}},
  };
  for (const Case& one : cases) {
    INFO(one.device);
    const absl::Status status = CheckDevice(PortOn(one.device), 2);
    CheckMessage(status, absl::StatusCode::kNotFound, one.parts);
    CheckMessage(status, absl::StatusCode::kNotFound,
                 {"port 'wan'", "device '" + one.device + "'"});
  }
}

}  // namespace
}  // namespace holdfast
