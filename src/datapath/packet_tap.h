// PacketTap: copies of one batch's packets, and what became of each, for an operator who captures.
// While nobody does, no batch has one.
//
// Packets are known by their buffers: a copy is made before a stage rewrites or gives them away.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstdint>

#include "datapath/batch.h"
#include "tables/capture.h"

namespace holdfast {

class PacketTap {
 public:
  // `scratch`: the place in the lane where this tap's packets begin.
  PacketTap(WorkerId worker, std::size_t scratch) : worker_(worker), scratch_(scratch) {}

  // Before Parse(): keeps what the filter lets pass by its headers.
  void Begin(Batch& batch, Capture& capture);
  // After Transmit(): hands over what it lets pass by its verdict.
  void End(Batch& batch);

  void Note(const rte_mbuf* mbuf, DropReason reason);
  void Note(const rte_mbuf* mbuf, LocalPacket kind);
  void Note(const rte_mbuf* mbuf, Reply kind);
  // kHeld or kHandedOver.
  void NoteHeld(const rte_mbuf* mbuf, CaptureFate fate);

 private:
  struct Kept {
    const rte_mbuf* mbuf = nullptr;
    CaptureRecord record;
  };
  [[nodiscard]] CaptureVerdict* VerdictOf(const rte_mbuf* mbuf);
  void Keep(const rte_mbuf* mbuf, const Batch& batch);
  void NoteFlows(const Batch& batch);
  void NoteReturns(Batch& batch);

  const WorkerId worker_;
  const std::size_t scratch_;
  Capture* capture_ = nullptr;
  std::size_t count_ = 0;
  std::array<Kept, Batch::kCapacity> kept_;
};
static_assert(2 * Batch::kCapacity == Capture::kOnTheirWay);

// One that waited for its first fragment in vain.
void CaptureGivenUp(Capture& capture, WorkerId worker, const rte_mbuf* mbuf, PortIndex port,
                    std::uint64_t cycles);

}  // namespace holdfast
