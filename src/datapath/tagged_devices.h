// TaggedDevices: one worker's queues of devices whose frames are of several ports, told by their
// tags (IEEE 802.1Q). Takes the tags off: whoever works on a frame knows its port.
//
// A port's frames stay in order. What is for no port is dropped.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "datapath/worker_ports.h"
#include "stats/worker_counters.h"

struct rte_mbuf;

namespace holdfast {

class TaggedDevices {
 public:
  static constexpr std::size_t kBurst = 64;

  // `ports` outlives it.
  explicit TaggedDevices(const WorkerPorts& ports);
  ~TaggedDevices();
  TaggedDevices(const TaggedDevices&) = delete;
  TaggedDevices& operator=(const TaggedDevices&) = delete;

  // Puts frames of `port` into `frames`, which has room for kBurst; how many.
  // REQUIRES: the port is_shared.
  std::size_t Take(const WorkerPort& port, std::span<rte_mbuf*> frames, WorkerCounters& counters);
  // Whether the device had as many as were asked for, and so may have more.
  [[nodiscard]] bool MayHaveMore(const WorkerPort& port) const {
    return queues_[queue_of_[Index(port.index)]].last_burst == kBurst;
  }

 private:
  static constexpr std::uint8_t kNobody = 0xff;

  struct Queue {
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
    std::size_t waiting = 0;     // frames of any of its ports
    std::size_t last_burst = 0;  // that it gave
    std::vector<std::uint8_t> port_of = std::vector<std::uint8_t>(4096, kNobody);  // by VLAN
  };
  struct Waiting {
    std::size_t count = 0;
    std::array<rte_mbuf*, kBurst> frames;
  };

  void Receive(Queue& queue, WorkerCounters& counters);

  std::vector<Queue> queues_;
  std::vector<std::size_t> queue_of_;  // by PortIndex
  std::vector<Waiting> waiting_;       // by PortIndex
};

}  // namespace holdfast
