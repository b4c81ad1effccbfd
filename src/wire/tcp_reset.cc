#include "wire/tcp_reset.h"

#include <algorithm>

#include "wire/answer.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

// SEG.LEN of RFC 9293: payload, and one each for SYN and FIN.
std::uint32_t SegmentLength(const ParsedPacket& packet, const TcpHeader& tcp) {
  const std::size_t payload =
      packet.l3_offset + packet.l3_length - packet.l4_offset - tcp.header_length();
  return static_cast<std::uint32_t>(payload) + packet.segment.syn + packet.segment.fin;
}

TcpHeader ResetFor(const ParsedPacket& packet, const TcpHeader& offending) {
  TcpHeader reset{};
  reset.source_port = offending.destination_port;
  reset.destination_port = offending.source_port;
  reset.data_offset_and_reserved = sizeof(TcpHeader) / 4 << 4;
  reset.flags = kTcpRst;
  if (packet.segment.ack) {
    reset.sequence = offending.acknowledgment;
  } else {
    reset.acknowledgment =
        BigEndian32(offending.sequence.value() + SegmentLength(packet, offending));
    reset.flags |= kTcpAck;
  }
  return reset;
}

}  // namespace

std::size_t WriteTcpReset(std::uint8_t* out, FrameView offending, const ParsedPacket& packet,
                          const MacAddress& own_mac) {
  const bool is_tcp = packet.kind == PacketKind::kFlow && packet.key.protocol == Protocol::kTcp;
  if (!is_tcp || packet.segment.rst || !CameFromOneHost(offending)) return 0;

  std::fill_n(out, kMinimumFrame, std::uint8_t{0});
  const AnswerContent content{.protocol = static_cast<std::uint8_t>(Protocol::kTcp),
                              .length = sizeof(TcpHeader)};
  const std::size_t offset = WriteAnswerHeaders(out, offending, packet, own_mac, content);
  TcpHeader reset = ResetFor(packet, Load<TcpHeader>(offending.data + packet.l4_offset));
  Store(out + offset, reset);
  reset.checksum = AnswerChecksum(out + offset, packet, content);
  Store(out + offset, reset);
  return std::max(kMinimumFrame, offset + sizeof reset);
}

}  // namespace holdfast
