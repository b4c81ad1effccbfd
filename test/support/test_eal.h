// DPDK for a test: without huge pages, NICs or privileges.
#pragma once

struct rte_mempool;

namespace holdfast {

// Starts DPDK; once in a process, later calls do nothing. The calling thread is
// its main lcore; it has no other.
void StartTestEal();

// Buffers for all packets of the process, for any thread. Starts DPDK.
rte_mempool* TestPackets();

}  // namespace holdfast
