// PacketPool: the buffers (mbufs) of all packets.
//
// Thread: any lcore, and the one that made it.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "config/balancer_config.h"

struct rte_mempool;

namespace holdfast {

class PacketPool {
 public:
  // Enough for every descriptor of every queue and a batch for each worker; each
  // holds a frame of the longest MTU. REQUIRES: the EAL runs.
  //   RESOURCE_EXHAUSTED  eal.memory_mb is too little; names what is wanted
  static absl::StatusOr<PacketPool> Create(const config::BalancerConfig& config);
  PacketPool() = default;

  [[nodiscard]] rte_mempool* get() const { return pool_.get(); }

 private:
  struct Free {
    void operator()(rte_mempool* pool) const;
  };
  explicit PacketPool(rte_mempool* pool) : pool_(pool) {}

  std::unique_ptr<rte_mempool, Free> pool_;
};

}  // namespace holdfast
