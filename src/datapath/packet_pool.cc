#include "datapath/packet_pool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "datapath/batch.h"
#include "datapath/fragments.h"
#include "datapath/kernel_lane.h"

namespace holdfast {
namespace {

constexpr unsigned kCache = 256;           // buffers, for each worker
constexpr unsigned kForManagement = 1024;  // ARP requests on their way

// On their way to the kernel and from it.
std::size_t BuffersForKernel(const config::BalancerConfig& config) {
  const bool shares = std::any_of(config.ports.begin(), config.ports.end(),
                                  [](const config::Port& port) { return port.kernel.has_value(); });
  if (!shares) return 0;
  return config.cores.workers.size() * KernelLane::kMostToKernel + 2 * KernelLane::kBlanks;
}

unsigned BuffersFor(const config::BalancerConfig& config) {
  std::size_t descriptors = 0;
  for (const config::Port& port : config.ports)
    descriptors += port.rx_descriptors + port.tx_descriptors;
  const std::size_t per_worker = descriptors + Batch::kCapacity + Fragments::kWaiting + 2 * kCache;
  return static_cast<unsigned>(config.cores.workers.size() * per_worker + kForManagement +
                               BuffersForKernel(config));
}

std::uint16_t BufferSize(const config::BalancerConfig& config) {
  std::uint32_t longest = RTE_MBUF_DEFAULT_DATAROOM;
  for (const config::Port& port : config.ports)
    longest = std::max(longest, port.mtu + 14 + 8);  // Ethernet header; VLAN tag, FCS
  return static_cast<std::uint16_t>(longest + RTE_PKTMBUF_HEADROOM);
}

// Where devices see virtual addresses, a buffer may lie on two pages. Otherwise
// DPDK gives each a page of its own when pages are small: twice the memory, and
// net_af_xdp (22.11) then takes the upper half of the buffers for invalid.
unsigned Flags() { return rte_eal_iova_mode() == RTE_IOVA_VA ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0; }

// rte_pktmbuf_pool_create() with flags.
rte_mempool* CreatePool(unsigned buffers, std::uint16_t size) {
  rte_pktmbuf_pool_private layout{.mbuf_data_room_size = size, .mbuf_priv_size = 0, .flags = 0};
  rte_mempool* pool =
      rte_mempool_create_empty("packets", buffers, static_cast<unsigned>(sizeof(rte_mbuf)) + size,
                               kCache, sizeof layout, SOCKET_ID_ANY, Flags());
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_init(pool, &layout);
  if (const int result = rte_mempool_populate_default(pool); result < 0) {
    rte_mempool_free(pool);
    rte_errno = -result;
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace

absl::StatusOr<PacketPool> PacketPool::Create(const config::BalancerConfig& config) {
  const unsigned buffers = BuffersFor(config);
  const std::uint16_t size = BufferSize(config);
  if (rte_mempool* pool = CreatePool(buffers, size); pool != nullptr) return PacketPool(pool);
  return absl::ResourceExhaustedError(
      absl::StrCat("no memory for ", buffers, " packet buffers of ", size, " bytes (",
                   rte_strerror(rte_errno), "): raise eal.memory_mb (now ", config.eal.memory_mb,
                   "), or lower rx_descriptors and tx_descriptors"));
}

void PacketPool::Free::operator()(rte_mempool* pool) const { rte_mempool_free(pool); }

}  // namespace holdfast
