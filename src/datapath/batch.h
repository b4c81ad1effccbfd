// Batch: the packets that one worker took from one receive queue at once, on
// their way through the stages.
//
// It owns the mbufs from Receive() to Finish(). What became of packets is tallied
// here and added to the worker's counters once, by Finish().
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "datapath/packet_context.h"
#include "datapath/worker_ports.h"
#include "stats/worker_counters.h"

namespace holdfast {

class Batch {
 public:
  static constexpr std::size_t kCapacity = 64;

  // Takes what the worker's queue of `port` has; false when that is nothing.
  // `port` outlives the batch.
  bool Receive(const WorkerPort& port);

  [[nodiscard]] std::span<PacketContext> packets() { return {packets_.data(), size_}; }
  [[nodiscard]] const WorkerPort& port() const { return *port_; }  // where it was received
  [[nodiscard]] std::size_t size() const { return size_; }

  void Drop(PacketContext& packet, DropReason reason) {
    packet.state = PacketState::kDropped;
    ++drops_[static_cast<std::size_t>(reason)];
  }
  void Count(LocalPacket kind) { ++local_[static_cast<std::size_t>(kind)]; }
  void Count(Reply kind) { ++replies_[static_cast<std::size_t>(kind)]; }
  // A mbuf is the device's now; Finish() must not free it.
  void Sent(PacketContext& packet) {
    packet.mbuf = nullptr;
    ++sent_;
  }

  // Adds what was tallied to `counters`, frees what was not sent. The batch is empty.
  void Finish(WorkerCounters& counters);

 private:
  void AddTallies(WorkerCounters& counters);
  void FreeUnsent();

  const WorkerPort* port_ = nullptr;
  std::size_t size_ = 0;
  std::uint32_t sent_ = 0;
  std::array<std::uint32_t, kDropReasons.size()> drops_{};
  std::array<std::uint32_t, kLocalPacketNames.size()> local_{};
  std::array<std::uint32_t, kReplyNames.size()> replies_{};
  std::array<PacketContext, kCapacity> packets_;
};

// The bytes of a packet's frame. Frames are in one mbuf: ports receive no longer ones.
FrameView FrameOf(const PacketContext& packet);
std::uint8_t* BytesOf(PacketContext& packet);

}  // namespace holdfast
