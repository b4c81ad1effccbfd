// Handover: packets that another worker must work on, by a ring from each worker to each other
// one; in order.
//
// Who hands one over has nothing to do with it any more, and does not count it: it counts where
// it arrives, as one that was received there.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/ids.h"
#include "datapath/outgoing_frame.h"

namespace holdfast {

// By WorkerId; nullptr where there is none. They outlive the worker.
struct HandoverRings {
  std::vector<OutgoingRing*> to;
  std::vector<OutgoingRing*> from;
};

class Handover {
 public:
  explicit Handover(HandoverRings rings) : rings_(std::move(rings)) {}
  ~Handover();
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // `port`: where it was received. False: that worker is behind, and the caller has it still.
  bool Give(WorkerId to, rte_mbuf* mbuf, PortIndex port);

  // Whether there may be any at all.
  [[nodiscard]] bool possible() const { return !rings_.from.empty(); }
  // What others have handed over, received by one port; none when that is all.
  struct Taken {
    PortIndex port{};
    std::size_t count = 0;
  };
  Taken Take(std::span<rte_mbuf*> mbufs);

 private:
  // Looks at the rings, from the one after the last one that it looked at.
  bool Refill();

  HandoverRings rings_;
  std::size_t next_ring_ = 0;
  // Popped, but not taken yet.
  std::array<OutgoingFrame, 64> popped_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

}  // namespace holdfast
