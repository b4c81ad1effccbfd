// Packets that are longer than what may go to their target: in pieces if they may be split,
// or their sender is told.
#include <rte_mbuf.h>

#include "datapath/answer_frame.h"
#include "datapath/stages.h"
#include "wire/ipv4_split.h"

namespace holdfast {
namespace {

constexpr std::size_t kMostPieces = 32;

// Puts piece `i` into an empty buffer, with what comes before it.
void FillPiece(rte_mbuf* mbuf, const Ipv4Split& split, std::size_t i, const TunnelHeader& header,
               const InnerPacket& whole, ForwardingMode mode) {
  const std::size_t before = header.LengthFor(mode);
  auto* const frame = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  const std::size_t length = split.Write(i, frame + before);
  header.Write(frame + before, InnerPacket::Of(frame + before, true, whole.entropy), mode);
  mbuf->data_len = static_cast<std::uint16_t>(before + length);
  mbuf->pkt_len = mbuf->data_len;
}

// False when there are no buffers, or no room among the departures.
bool Split(Batch& batch, std::size_t number, const TunnelHeader& header, const InnerPacket& inner,
           ForwardingMode mode, std::size_t longest, Departures& departures) {
  const Ipv4Split split(inner.bytes, inner.length, longest);
  const std::size_t count = split.count();
  std::array<rte_mbuf*, kMostPieces> pieces;
  rte_mbuf* const whole = batch.mbuf(number);
  if (count > kMostPieces || count > departures.room() ||
      rte_pktmbuf_alloc_bulk(whole->pool, pieces.data(), static_cast<unsigned>(count)) != 0)
    return false;
  for (std::size_t i = 0; i < count; ++i) FillPiece(pieces[i], split, i, header, inner, mode);
  departures.Add(pieces[0], number);
  for (std::size_t i = 1; i < count; ++i) departures.AddPiece(pieces[i]);
  batch.Discard(whole);
  return true;
}

}  // namespace

void ForwardTooLong(Batch& batch, std::size_t i, const TunnelPath& path, ForwardingMode mode,
                    const InnerPacket& inner, Departures& departures, ReplyLimiter& limiter) {
  const std::uint32_t longest = path.LongestInner(mode, inner.is_ipv4);
  if (MayBeSplit(inner.bytes, inner.is_ipv4)) {
    if (!Split(batch, i, path.header, inner, mode, longest, departures))
      batch.Drop(batch.mbuf(i), DropReason::kOversized);
    return;
  }
  const auto write = [longest](std::uint8_t* out, std::size_t capacity, FrameView frame,
                               const ParsedPacket& packet, const MacAddress& own_mac) {
    return WritePacketTooBig(out, capacity, frame, packet, own_mac, longest);
  };
  const bool may_be_told = !batch.segment(i).passive;
  if (may_be_told && TurnIntoAnswer(batch, batch.mbuf(i), Reply::kPacketTooBig, limiter, write))
    batch.Count(DropReason::kOversized, batch.mbuf(i));
  else
    batch.Drop(batch.mbuf(i), DropReason::kOversized);
}

}  // namespace holdfast
