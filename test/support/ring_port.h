// RingPort: a DPDK port whose wire is the test (net_ring).
//
// Thread roles, for each queue
//   Deliver()  one thread.     The worker: rx and tx bursts.     Take()  one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/frame.h"

struct rte_mbuf;
struct rte_ring;

namespace holdfast {

class RingPort {
 public:
  static constexpr unsigned kRingSize = 2048;  // one less fits in

  // `name` is unique in the process: DPDK keeps it.
  RingPort(const std::string& name, std::uint16_t queues);
  ~RingPort();
  RingPort(const RingPort&) = delete;
  RingPort& operator=(const RingPort&) = delete;

  [[nodiscard]] std::uint16_t device() const { return device_; }

  // Puts a frame on the wire to this queue; false when it is full.
  bool Deliver(std::uint16_t queue, const Frame& frame);
  // Takes the frames that this queue has sent since, in order, at most 64.
  std::vector<Frame> Take(std::uint16_t queue);
  // Nothing can be sent any more, as when a cable's other end does not take it.
  void BlockTransmit(std::uint16_t queue);

 private:
  std::uint16_t device_ = 0;
  std::vector<rte_ring*> receive_;   // by queue
  std::vector<rte_ring*> transmit_;  // by queue
};

}  // namespace holdfast
