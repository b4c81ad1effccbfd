#include "datapath/batch.h"

#include <emmintrin.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "datapath/packet_tap.h"

namespace holdfast {

bool Batch::Receive(const WorkerPort& port) {
  port_ = &port;
  size_ = rte_eth_rx_burst(port.device, port.queue, received_.data(), kCapacity);
  if (size_ != 0) ListFrames();
  return size_ != 0;
}

void Batch::Take(const WorkerPort& port, std::size_t count) {
  port_ = &port;
  size_ = count;
  ListFrames();
}

void Batch::ListFrames() {
  static_assert(kCapacity % kGroup == 0);
  std::uint64_t of_all = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  std::uint64_t of_any = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const rte_mbuf* const mbuf = received_[i];
    frames_[i] = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
    __builtin_prefetch(frames_[i]);  // Parse() wants the headers, in this order
    lengths_[i] = mbuf->data_len;
    of_all &= mbuf->ol_flags;
    of_any |= mbuf->ol_flags;
  }
  checksums_known_good_ = of_all != 0 && (of_any & RTE_MBUF_F_RX_IP_CKSUM_BAD) == 0;
  for (std::size_t i = size_; i % kGroup != 0; ++i) {
    frames_[i] = frames_[i - 1];
    lengths_[i] = lengths_[i - 1];
  }
}

std::uint64_t Batch::plain() const {
  std::uint64_t plain = 0;
  for (std::size_t i = 0; i < kCapacity; i += 16) {
    const __m128i segments = _mm_load_si128(reinterpret_cast<const __m128i*>(&segments_[i]));
    const __m128i not_plain = _mm_and_si128(segments, _mm_set1_epi8(SegmentFlags::kNotPlain));
    const auto bits = static_cast<std::uint32_t>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(not_plain, _mm_setzero_si128())));
    plain |= std::uint64_t{bits} << i;
  }
  return plain;
}

template <typename End>
[[gnu::noinline, gnu::cold]] void Batch::TellTap(const rte_mbuf* mbuf, End end) {
  tap_->Note(mbuf, end);
}
template void Batch::TellTap(const rte_mbuf*, DropReason);
template void Batch::TellTap(const rte_mbuf*, LocalPacket);
template void Batch::TellTap(const rte_mbuf*, holdfast::Reply);

void Batch::NoteHeld(const rte_mbuf* mbuf) {
  ++held_count_;
  if (tap_ != nullptr) [[unlikely]]
    tap_->NoteHeld(mbuf, CaptureFate::kHeld);
}

void Batch::NoteHandedOver(const rte_mbuf* mbuf) {
  ++held_count_;
  if (tap_ != nullptr) [[unlikely]]
    tap_->NoteHeld(mbuf, CaptureFate::kHandedOver);
}

void Batch::Finish(WorkerCounters& counters) {
  counters.rx_packets.Add(size_ - held_count_);
  counters.tx_packets.Add(sent_);
  if (rare_ != 0) AddRareTallies(counters);
  if (discarded_count_ != 0)
    rte_pktmbuf_free_bulk(discarded_.data(), static_cast<unsigned>(discarded_count_));
  if (unknown_count_ != 0) steps_.fill(Step::kConnection);
  looked_up_ = alike_ = false;
  ipv6_ = 0;
  has_later_fragments_ = false;
  first_fragment_count_ = held_count_ = 0;
  size_ = flow_count_ = unknown_count_ = local_count_ = stray_count_ = for_kernel_count_ = 0;
  reply_count_ = return_count_ = discarded_count_ = sent_ = 0;
}

void Batch::AddRareTallies(WorkerCounters& counters) {
  const auto add = [](auto& tallies, auto& to, auto name) {
    for (std::size_t i = 0; i < tallies.size(); ++i)
      if (tallies[i] != 0) to[static_cast<decltype(name)>(i)].Add(tallies[i]);
    tallies.fill(0);
  };
  add(drops_, counters.drops, DropReason{});
  add(local_, counters.local, LocalPacket{});
  add(reply_tallies_, counters.replies, holdfast::Reply{});
  rare_ = 0;
}

FrameView FrameOf(const rte_mbuf* mbuf) {
  return {rte_pktmbuf_mtod(mbuf, const std::uint8_t*), rte_pktmbuf_data_len(mbuf)};
}

std::uint8_t* BytesOf(rte_mbuf* mbuf) { return rte_pktmbuf_mtod(mbuf, std::uint8_t*); }

}  // namespace holdfast
