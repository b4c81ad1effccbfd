#include "wire/ipv4_split.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

Frame PacketOf(const PacketBuilder& builder) {
  const Frame frame = builder.Build();
  return {frame.begin() + 14, frame.end()};
}

std::vector<Frame> Pieces(const Frame& packet, std::size_t longest) {
  const Ipv4Split split(packet.data(), packet.size(), longest);
  std::vector<Frame> pieces;
  for (std::size_t i = 0; i < split.count(); ++i) {
    Frame piece(longest);
    piece.resize(split.Write(i, piece.data()));
    pieces.push_back(piece);
  }
  return pieces;
}

// As a host does it (RFC 791, 3.2); the header is that of the first piece.
Frame PutTogether(const std::vector<Frame>& pieces) {
  Frame whole;
  for (const Frame& piece : pieces) {
    const auto ip = Load<Ipv4Header>(piece.data());
    const std::size_t offset = std::size_t{8} * (ip.flags_and_offset.value() & kIpv4FragmentOffset);
    REQUIRE(offset == whole.size());
    whole.insert(whole.end(), piece.begin() + static_cast<std::ptrdiff_t>(ip.header_length()),
                 piece.end());
  }
  return whole;
}

TEST_CASE("pieces are a host's to put together (RFC 791, 3.2)", "[wire]") {
  for (const std::size_t payload : {100, 1472, 4000}) {
    for (const std::size_t longest : {28, 68, 576, 1480}) {
      CAPTURE(payload, longest);
      const Frame packet = PacketOf(UdpPacket().Payload(std::string(payload, 'x') + "end"));
      const auto pieces = Pieces(packet, longest);
      CHECK(PutTogether(pieces) == Frame(packet.begin() + 20, packet.end()));
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        const auto ip = Load<Ipv4Header>(pieces[i].data());
        CHECK(pieces[i].size() <= longest);
        CHECK(ip.total_length.value() == pieces[i].size());
        CHECK(ip.identification.value() == 0x4711);
        CHECK((ip.flags_and_offset.value() & kIpv4DontFragment) == 0);
        CHECK(((ip.flags_and_offset.value() & kIpv4MoreFragments) != 0) == (i + 1 < pieces.size()));
        CHECK(ReferenceChecksum(Frame(pieces[i].begin(), pieces[i].begin() + 20)) == 0);
      }
    }
  }
}

TEST_CASE("a fragment that is split keeps its place", "[wire]") {
  const Frame middle =
      PacketOf(UdpPacket().Payload(std::string(192, 'x')).MoreFragments().FragmentOffset(10));
  const auto pieces = Pieces(middle, 20 + 80);
  REQUIRE(pieces.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(Load<Ipv4Header>(pieces[i].data()).flags_and_offset.value() ==
          (kIpv4MoreFragments | (10 + 10 * i)));
}

TEST_CASE("only options that are to be copied are in later pieces (RFC 791, 3.1)", "[wire]") {
  // A record route (not copied), a router alert (copied), the end.
  const Frame options = {7, 3, 4, 0x94, 4, 0, 0, 0};
  const auto pieces = Pieces(PacketOf(UdpPacket().IpOptions(options).Payload("0123456789")), 36);
  REQUIRE(pieces.size() == 3);
  CHECK(Frame(pieces[0].begin() + 20, pieces[0].begin() + 28) == options);
  CHECK(Frame(pieces[1].begin() + 20, pieces[1].begin() + 28) == Frame{1, 1, 1, 0x94, 4, 0, 0, 0});
  CHECK(ReferenceChecksum(Frame(pieces[1].begin(), pieces[1].begin() + 28)) == 0);
}

}  // namespace
}  // namespace holdfast
