#include <rte_mbuf.h>

#include "datapath/stages.h"
#include "datapath/target_path.h"

namespace holdfast {
namespace {

// What completes the outer headers of a batch, each kind side by side.
struct Completions {
  explicit Completions(std::span<const InnerHeader> inner) {
    for (std::size_t i = 0; i < inner.size(); ++i) {
      const auto completion = OuterHeader::CompletionFor(inner[i]);
      first_words[i] = completion.first_word;
      sums[i] = completion.sum;
      frame_lengths[i] = completion.frame_length;
    }
  }
  std::array<std::uint32_t, Batch::kCapacity> first_words;
  std::array<std::uint32_t, Batch::kCapacity> sums;
  std::array<std::uint32_t, Batch::kCapacity> frame_lengths;
};

bool RewriteL2(rte_mbuf* mbuf, const TargetPath& path) {
  if (mbuf->data_len > path.longest_frame) [[unlikely]]
    return false;
  path.header.WriteL2(rte_pktmbuf_mtod(mbuf, std::uint8_t*));
  return true;
}

// In one store, with vlan_tci behind them, which says nothing of what is sent.
void SetLength(rte_mbuf* mbuf, std::uint32_t length) {
  static_assert(offsetof(rte_mbuf, data_len) == offsetof(rte_mbuf, pkt_len) + 4);
  static_assert(offsetof(rte_mbuf, vlan_tci) == offsetof(rte_mbuf, pkt_len) + 6);
  const std::uint64_t lengths = std::uint64_t{length} << 32 | length;
  std::memcpy(static_cast<void*>(&mbuf->pkt_len), &lengths, sizeof lengths);
}

// What the frame had after the inner packet, padding, is cut off.
[[gnu::always_inline]] inline bool Encapsulate(rte_mbuf* mbuf, const TargetPath& path,
                                               const Completions& completions, std::size_t i) {
  const std::uint32_t frame_length = completions.frame_lengths[i];
  if (frame_length > path.longest_frame || mbuf->data_off < OuterHeader::kIpipGrowth) [[unlikely]]
    return false;
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off - OuterHeader::kIpipGrowth);
  SetLength(mbuf, frame_length);
  path.header.WriteIpip(
      rte_pktmbuf_mtod(mbuf, std::uint8_t*),
      {completions.first_words[i], completions.sums[i], completions.frame_lengths[i]});
  return true;
}

// No neighbour, or too long for the port: drop.
[[gnu::noinline, gnu::cold]] void DropUnsent(Batch& batch, rte_mbuf* mbuf, const TargetPath& path) {
  batch.Drop(mbuf, path.resolved() ? DropReason::kOversized : DropReason::kNoNeighbour);
}

}  // namespace

void Forward(Batch& batch, std::span<Departures> departures) {
  const Completions completions(batch.inner());
  const std::size_t count = batch.flow_count();
  for (std::size_t i = 0; i < count; ++i) {
    TargetLine* const line = batch.line(i);
    if (line == nullptr) [[unlikely]]
      continue;
    const TargetPath& path = PathOf(*line);
    rte_mbuf* const mbuf = batch.mbuf(i);
    const bool goes = batch.destination(i).forwarding() == ForwardingMode::kIpip
                          ? Encapsulate(mbuf, path, completions, i)
                          : RewriteL2(mbuf, path);
    if (!goes) [[unlikely]]
      DropUnsent(batch, mbuf, path);
    else
      departures[Index(path.port)].Add(mbuf, i);
  }
}

}  // namespace holdfast
