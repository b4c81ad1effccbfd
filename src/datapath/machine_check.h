// Does the machine have what the configuration asks for? Asked before DPDK is, so
// that the answer names the option and the remedy.
#pragma once

#include "absl/status/status.h"
#include "config/balancer_config.h"

namespace holdfast {

// FAILED_PRECONDITION: a CPU that this process may not use.
absl::Status CheckCpus(const config::Cores& cores);
// RESOURCE_EXHAUSTED: too few free huge pages, or too little memory.
absl::Status CheckMemory(const config::Eal& eal);
// NOT_FOUND: the kernel interface of a vdev, or a PCI device. `queues`: of workers.
absl::Status CheckDevice(const config::Port& port, std::size_t queues);

}  // namespace holdfast
