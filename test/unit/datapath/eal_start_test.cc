// What DPDK is started with, and what becomes of what it says.
#include <rte_log.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "datapath/dpdk_log.h"
#include "datapath/eal_arguments.h"
#include "support/captured_log.h"

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

config::BalancerConfig OnDevices(const Strings& devices) {
  config::BalancerConfig config;
  for (const std::string& device : devices) config.ports.emplace_back().device = device;
  return config;
}

TEST_CASE("every core is an lcore of its own, also where CPUs are shared", "[datapath]") {
  config::BalancerConfig config = OnDevices({"net_tap0"});
  config.cores = {.management = 3, .workers = {5, 3, 3}};
  CHECK(EalArguments(config) == Strings{"holdfastd", "--lcores=0@3,1@5,2@3,3@3", "--main-lcore=0",
                                        "--no-telemetry", "-m", "256", "--in-memory", "--no-pci"});
}

TEST_CASE("memory is on huge pages, without files or with them, or on none", "[datapath]") {
  struct Case {
    config::Eal eal;
    Strings arguments;
  };
  const Case cases[] = {
      {{.huge_pages = true, .memory_mb = 64, .in_memory = true, .extra_args = {}},
       {"-m", "64", "--in-memory"}},
      {{.huge_pages = true, .memory_mb = 4096, .in_memory = false, .extra_args = {}},
       {"-m", "4096", "--file-prefix=holdfast"}},
      {{.huge_pages = false, .memory_mb = 64, .in_memory = true, .extra_args = {}},
       {"-m", "64", "--no-huge", "--no-shconf"}},
      {{.huge_pages = false, .memory_mb = 64, .in_memory = false, .extra_args = {}},
       {"-m", "64", "--no-huge", "--no-shconf"}},
  };
  for (const Case& one : cases) {
    config::BalancerConfig config = OnDevices({"net_tap0"});
    config.eal = one.eal;
    const Strings all = EalArguments(config);
    CHECK(Strings(all.begin() + 4, all.end() - 1) == one.arguments);
  }
}

TEST_CASE("no NIC is touched that is not named, and what is asked for comes last", "[datapath]") {
  config::BalancerConfig config = OnDevices({"3b:00.0", "net_tap0", "0000:3b:00.1"});
  config.eal.extra_args = {"--log-level=pmd:debug", "-d", "driver.so"};
  const Strings all = EalArguments(config);
  CHECK(Strings(all.begin() + 7, all.end()) == Strings{"-a", "0000:3b:00.0", "-a", "0000:3b:00.1",
                                                       "--log-level=pmd:debug", "-d", "driver.so"});
}

TEST_CASE("DPDK's messages come into our log line by line, and its last complaint is known",
          "[datapath]") {
  dpdk_log::Redirect();
  rte_log_set_level(RTE_LOGTYPE_EAL, RTE_LOG_DEBUG);
  rte_log_set_global_level(RTE_LOG_DEBUG);
  const CapturedLog log;
  dpdk_log::ForgetComplaint();

  rte_log(RTE_LOG_INFO, RTE_LOGTYPE_EAL, "EAL: all is well\n");
  CHECK(dpdk_log::LastComplaint() == "");
  rte_log(RTE_LOG_ERR, RTE_LOGTYPE_EAL, "EAL: no memory\n");
  rte_log(RTE_LOG_WARNING, RTE_LOGTYPE_EAL, "EAL: no device\nEAL: no driver %d {}\n", 7);
  CHECK(dpdk_log::LastComplaint() == "EAL: no driver 7 {}");
  rte_log(RTE_LOG_NOTICE, RTE_LOGTYPE_EAL, "\n");
  rte_log(RTE_LOG_NOTICE, RTE_LOGTYPE_EAL, "EAL: goes on\n");
  CHECK(dpdk_log::LastComplaint() == "EAL: no driver 7 {}");
  dpdk_log::ForgetComplaint();
  CHECK(dpdk_log::LastComplaint() == "");
  CHECK(log.text() ==
        "debug dpdk: EAL: all is well\n"
        "error dpdk: EAL: no memory\n"
        "warning dpdk: EAL: no device\n"
        "warning dpdk: EAL: no driver 7 {}\n"
        "debug dpdk: EAL: goes on\n");
}

}  // namespace
}  // namespace holdfast
