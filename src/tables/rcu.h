// RcuDomain: when memory that workers may still read can be given back.
//
// Quiescent-state based (DPDK's rte_rcu_qsbr, which needs neither EAL nor huge
// pages). A worker says Quiescent() once per loop turn, when it holds no pointer
// into shared structures, and is Offline() while it sleeps. The management
// thread retires what it has unlinked and reclaims it later; nobody waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "base/ids.h"

struct rte_rcu_qsbr;

namespace holdfast {

class RcuDomain {
 public:
  // For workers 0 to `workers` - 1, all offline.
  explicit RcuDomain(std::size_t workers);
  ~RcuDomain();  // REQUIRES: all workers offline. Frees what is still retired.
  RcuDomain(const RcuDomain&) = delete;
  RcuDomain& operator=(const RcuDomain&) = delete;

  // ---- the worker itself
  void Online(WorkerId worker);  // before it reads anything shared
  void Offline(WorkerId worker);
  void Quiescent(WorkerId worker);

  // ---- the management thread
  // `free` is called once no worker can hold a pointer to what was unlinked
  // before this call.
  void Retire(std::function<void()> free);
  // Frees what has become free; returns how many retired ones are left. Never waits.
  std::size_t Reclaim();

 private:
  struct Retired {
    std::uint64_t token;
    std::function<void()> free;
  };
  struct Deleter {
    void operator()(rte_rcu_qsbr* qsbr) const;
  };
  std::unique_ptr<rte_rcu_qsbr, Deleter> qsbr_;
  std::deque<Retired> retired_;  // oldest first
};

}  // namespace holdfast
