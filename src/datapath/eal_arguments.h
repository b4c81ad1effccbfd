// What DPDK's environment (EAL) is started with, from the configuration.
#pragma once

#include <string>
#include <vector>

#include "config/balancer_config.h"

namespace holdfast {

// The arguments of rte_eal_init, the program's name first. The management core is
// lcore 0, worker i is lcore i + 1, wherever their CPUs are. Devices on PCI are
// named, so that no other NIC of the machine is touched; vdevs are added later.
std::vector<std::string> EalArguments(const config::BalancerConfig& config);

}  // namespace holdfast
