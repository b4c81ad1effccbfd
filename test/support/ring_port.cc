#include "support/ring_port.h"

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <span>

#include "support/test_eal.h"

// ThreadSanitizer does not see what DPDK's rings order: they are told to it, here
// and in callbacks that run in the worker's bursts.
#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#else
static inline void __tsan_acquire(void*) {}
static inline void __tsan_release(void*) {}
#endif

namespace holdfast {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

rte_ring* MakeRing(const std::string& name) {
  rte_ring* ring = rte_ring_create(name.c_str(), RingPort::kRingSize, SOCKET_ID_ANY, 0);
  Require(ring != nullptr);
  return ring;
}

std::uint16_t Received(std::uint16_t, std::uint16_t, rte_mbuf** mbufs, std::uint16_t count,
                       std::uint16_t, void*) {
  for (rte_mbuf* mbuf : std::span(mbufs, count)) __tsan_acquire(mbuf);
  return count;
}

std::uint16_t AboutToSend(std::uint16_t, std::uint16_t, rte_mbuf** mbufs, std::uint16_t count,
                          void*) {
  for (rte_mbuf* mbuf : std::span(mbufs, count)) __tsan_release(mbuf);
  return count;
}

void StartQueues(std::uint16_t device, std::uint16_t queues) {
  const rte_eth_conf configuration{};
  Require(rte_eth_dev_configure(device, queues, queues, &configuration) == 0);
  for (std::uint16_t queue = 0; queue < queues; ++queue) {
    Require(rte_eth_rx_queue_setup(device, queue, RingPort::kRingSize, 0, nullptr, TestPackets()) ==
            0);
    Require(rte_eth_tx_queue_setup(device, queue, RingPort::kRingSize, 0, nullptr) == 0);
    Require(rte_eth_add_rx_callback(device, queue, Received, nullptr) != nullptr);
    Require(rte_eth_add_tx_callback(device, queue, AboutToSend, nullptr) != nullptr);
  }
  Require(rte_eth_dev_start(device) == 0);
}

Frame Taken(rte_mbuf* mbuf) {
  __tsan_acquire(mbuf);
  const auto* bytes = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
  Frame frame(bytes, bytes + rte_pktmbuf_data_len(mbuf));
  rte_pktmbuf_free(mbuf);
  return frame;
}

}  // namespace

RingPort::RingPort(const std::string& name, std::uint16_t queues) {
  StartTestEal();
  for (std::uint16_t queue = 0; queue < queues; ++queue) {
    receive_.push_back(MakeRing(name + "_rx" + std::to_string(queue)));
    transmit_.push_back(MakeRing(name + "_tx" + std::to_string(queue)));
  }
  const int device = rte_eth_from_rings(name.c_str(), receive_.data(), queues, transmit_.data(),
                                        queues, SOCKET_ID_ANY);
  Require(device >= 0);
  device_ = static_cast<std::uint16_t>(device);
  StartQueues(device_, queues);
}

RingPort::~RingPort() {
  rte_eth_dev_stop(device_);
  rte_eth_dev_close(device_);
  for (const auto& rings : {receive_, transmit_}) {
    for (rte_ring* ring : rings) {
      void* mbuf = nullptr;
      while (rte_ring_dequeue(ring, &mbuf) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
      rte_ring_free(ring);
    }
  }
}

bool RingPort::Deliver(std::uint16_t queue, const Frame& frame) {
  rte_mbuf* mbuf = rte_pktmbuf_alloc(TestPackets());
  if (mbuf == nullptr) return false;
  char* bytes = rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size()));
  if (!frame.empty()) std::memcpy(bytes, frame.data(), frame.size());
  __tsan_release(mbuf);
  if (rte_ring_enqueue(receive_[queue], mbuf) == 0) return true;
  rte_pktmbuf_free(mbuf);
  return false;
}

std::vector<Frame> RingPort::Take(std::uint16_t queue) {
  std::array<void*, 64> mbufs;
  const unsigned count =
      rte_ring_dequeue_burst(transmit_[queue], mbufs.data(), mbufs.size(), nullptr);
  std::vector<Frame> frames;
  for (void* mbuf : std::span(mbufs.data(), count))
    frames.push_back(Taken(static_cast<rte_mbuf*>(mbuf)));
  return frames;
}

void RingPort::BlockTransmit(std::uint16_t queue) {
  while (rte_mbuf* mbuf = rte_pktmbuf_alloc(TestPackets())) {
    if (rte_ring_enqueue(transmit_[queue], mbuf) == 0) continue;
    rte_pktmbuf_free(mbuf);
    return;
  }
}

}  // namespace holdfast
