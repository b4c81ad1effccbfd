#include "datapath/handover.h"

#include <rte_mbuf.h>

namespace holdfast {

Handover::~Handover() {
  for (; first_ != end_; ++first_) rte_pktmbuf_free(popped_[first_].mbuf);
}

bool Handover::Give(WorkerId to, rte_mbuf* mbuf, PortIndex port) {
  if (Index(to) >= rings_.to.size() || rings_.to[Index(to)] == nullptr) return false;
  return rings_.to[Index(to)]->Push({.mbuf = mbuf, .port = port});
}

Handover::Taken Handover::Take(std::span<rte_mbuf*> mbufs) {
  Taken taken;
  if (first_ == end_ && !Refill()) return taken;
  taken.port = popped_[first_].port;
  while (first_ != end_ && taken.count != mbufs.size() && popped_[first_].port == taken.port)
    mbufs[taken.count++] = popped_[first_++].mbuf;
  return taken;
}

bool Handover::Refill() {
  first_ = end_ = 0;
  for (std::size_t i = 0; i < rings_.from.size() && end_ == 0; ++i) {
    OutgoingRing* const ring = rings_.from[next_ring_];
    next_ring_ = (next_ring_ + 1) % rings_.from.size();
    if (ring != nullptr) end_ = ring->Pop(popped_);
  }
  return end_ != 0;
}

}  // namespace holdfast
