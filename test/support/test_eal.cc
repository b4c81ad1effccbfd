#include "support/test_eal.h"

#include <rte_eal.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdlib>

namespace holdfast {
namespace {

bool Start() {
  static std::array<char[32], 9> arguments = {"test",     "--no-huge",      "--no-shconf",
                                              "--no-pci", "--no-telemetry", "-m",
                                              "64",       "--lcores=0",     "--log-level=error"};
  std::array<char*, arguments.size()> pointers;
  for (std::size_t i = 0; i < arguments.size(); ++i) pointers[i] = arguments[i];
  return rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) >= 0;
}

rte_mempool* MakePool() {
  StartTestEal();
  return rte_pktmbuf_pool_create("test_packets", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                 SOCKET_ID_ANY);
}

}  // namespace

void StartTestEal() {
  static const bool started = Start();
  if (!started) std::abort();
}

rte_mempool* TestPackets() {
  static rte_mempool* pool = MakePool();
  if (pool == nullptr) std::abort();
  return pool;
}

}  // namespace holdfast
