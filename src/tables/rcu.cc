#include "tables/rcu.h"

#include <rte_rcu_qsbr.h>

#include <cstdlib>
#include <utility>

namespace holdfast {

void RcuDomain::Deleter::operator()(rte_rcu_qsbr* qsbr) const { std::free(qsbr); }

RcuDomain::RcuDomain(std::size_t workers) {
  const auto count = static_cast<std::uint32_t>(workers);
  const std::size_t size = rte_rcu_qsbr_get_memsize(count);
  qsbr_.reset(static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, size)));
  if (qsbr_ == nullptr || rte_rcu_qsbr_init(qsbr_.get(), count) != 0) std::abort();
  for (std::uint32_t i = 0; i < count; ++i) rte_rcu_qsbr_thread_register(qsbr_.get(), i);
}

RcuDomain::~RcuDomain() {
  for (Retired& retired : retired_) retired.free();
}

void RcuDomain::Online(WorkerId worker) {
  rte_rcu_qsbr_thread_online(qsbr_.get(), static_cast<unsigned>(worker));
}

void RcuDomain::Offline(WorkerId worker) {
  rte_rcu_qsbr_thread_offline(qsbr_.get(), static_cast<unsigned>(worker));
}

void RcuDomain::Quiescent(WorkerId worker) {
  rte_rcu_qsbr_quiescent(qsbr_.get(), static_cast<unsigned>(worker));
}

void RcuDomain::Retire(std::function<void()> free) {
  retired_.push_back({rte_rcu_qsbr_start(qsbr_.get()), std::move(free)});
}

std::size_t RcuDomain::Reclaim() {
  while (!retired_.empty() && rte_rcu_qsbr_check(qsbr_.get(), retired_.front().token, false) == 1) {
    retired_.front().free();
    retired_.pop_front();
  }
  return retired_.size();
}

}  // namespace holdfast
