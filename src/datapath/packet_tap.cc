#include "datapath/packet_tap.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "datapath/target_path.h"
#include "wire/frame_glance.h"

namespace holdfast {
namespace {

bool IsOf(CaptureProtocol protocol, const FrameGlance& glance) {
  if (protocol == CaptureProtocol::kIcmp) return glance.is_icmp();
  const Protocol number = protocol == CaptureProtocol::kTcp ? Protocol::kTcp : Protocol::kUdp;
  return glance.is_ip() && glance.protocol == static_cast<std::uint8_t>(number);
}

bool Wants(const CaptureFilter& filter, FrameView frame) {
  const FrameGlance glance = FrameGlance::At(frame);
  if (filter.client && !(glance.has_addresses && filter.client->Contains(glance.source)))
    return false;
  if (filter.vip && !(glance.has_addresses && *filter.vip == glance.destination)) return false;
  if (filter.port && !(glance.ports && glance.ports->destination == *filter.port)) return false;
  return !filter.protocol || IsOf(*filter.protocol, glance);
}

bool Wants(const CaptureFilter& filter, WorkerId worker) {
  return !filter.worker || *filter.worker == worker;
}

// `bytes`: room for a snap.
CaptureRecord Copy(FrameView frame, PortIndex port, std::uint64_t cycles, std::uint32_t snap,
                   std::uint8_t* bytes) {
  const std::uint32_t kept = std::min(frame.length, snap);
  std::memcpy(bytes, frame.data, kept);
  return {.cycles = cycles, .length = frame.length, .kept = kept, .port = port, .verdict = {}};
}

}  // namespace

void PacketTap::Begin(Batch& batch, Capture& capture) {
  if (!Wants(capture.filter(), worker_) || !capture.lane(worker_).wants_more()) return;
  capture_ = &capture;
  count_ = 0;
  for (const rte_mbuf* const mbuf : batch.received())
    if (Wants(capture.filter(), FrameOf(mbuf))) Keep(mbuf, batch);
  batch.SetTap(this);
}

void PacketTap::Keep(const rte_mbuf* mbuf, const Batch& batch) {
  std::uint8_t* const bytes = capture_->lane(worker_).scratch(scratch_ + count_);
  kept_[count_++] = {mbuf, Copy(FrameOf(mbuf), batch.port().index, batch.turn().cycles,
                                capture_->limits().snap, bytes)};
}

void PacketTap::End(Batch& batch) {
  batch.SetTap(nullptr);
  NoteFlows(batch);
  NoteReturns(batch);
  CaptureLane& lane = capture_->lane(worker_);
  for (std::size_t i = 0; i < count_; ++i)
    if (capture_->filter().Wants(kept_[i].record.verdict))
      lane.Push(kept_[i].record, lane.scratch(scratch_ + i));
}

// What has a target and no other end went there.
void PacketTap::NoteFlows(const Batch& batch) {
  for (std::size_t i = 0; i < batch.flow_count(); ++i) {
    CaptureVerdict* const verdict = VerdictOf(batch.mbuf(i));
    const TargetLine* const line = batch.line(i);
    if (verdict == nullptr || line == nullptr) continue;
    if (verdict->fate == CaptureFate::kUnknown) verdict->fate = CaptureFate::kForwarded;
    verdict->step = batch.step(i);
    verdict->target = PathOf(*line).handle();
    verdict->service = batch.destination(i).service();
  }
}

// The same of what came back by nat.
void PacketTap::NoteReturns(Batch& batch) {
  for (const ReturnContext& packet : batch.returns()) {
    CaptureVerdict* const verdict = VerdictOf(packet.mbuf);
    if (verdict == nullptr) continue;
    if (verdict->fate == CaptureFate::kUnknown) verdict->fate = CaptureFate::kReturned;
    verdict->service = packet.service;
  }
}

// A buffer that was given away may be another packet's by now, but not of this batch.
CaptureVerdict* PacketTap::VerdictOf(const rte_mbuf* mbuf) {
  for (Kept& kept : std::span(kept_.data(), count_))
    if (kept.mbuf == mbuf) return &kept.record.verdict;
  return nullptr;
}

void PacketTap::Note(const rte_mbuf* mbuf, DropReason reason) {
  CaptureVerdict* const verdict = VerdictOf(mbuf);
  if (verdict == nullptr) return;
  verdict->fate = CaptureFate::kDropped;
  verdict->drop = reason;
}

void PacketTap::Note(const rte_mbuf* mbuf, LocalPacket kind) {
  CaptureVerdict* const verdict = VerdictOf(mbuf);
  if (verdict == nullptr) return;
  verdict->fate = CaptureFate::kLocal;
  verdict->local = kind;
}

void PacketTap::Note(const rte_mbuf* mbuf, Reply kind) {
  if (CaptureVerdict* const verdict = VerdictOf(mbuf)) verdict->reply = kind;
}

void PacketTap::NoteHeld(const rte_mbuf* mbuf, CaptureFate fate) {
  if (CaptureVerdict* const verdict = VerdictOf(mbuf)) verdict->fate = fate;
}

void CaptureGivenUp(Capture& capture, WorkerId worker, const rte_mbuf* mbuf, PortIndex port,
                    std::uint64_t cycles) {
  const FrameView frame = FrameOf(mbuf);
  CaptureLane& lane = capture.lane(worker);
  if (!Wants(capture.filter(), worker) || !Wants(capture.filter(), frame)) return;
  std::uint8_t* const bytes = lane.scratch(0);
  CaptureRecord record = Copy(frame, port, cycles, capture.limits().snap, bytes);
  record.verdict.fate = CaptureFate::kDropped;
  record.verdict.drop = DropReason::kFragment;
  if (capture.filter().Wants(record.verdict)) lane.Push(record, bytes);
}

}  // namespace holdfast
