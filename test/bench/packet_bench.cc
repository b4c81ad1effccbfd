// What is read and written of a packet: parsing it, and the headers that its target's
// packets get (encapsulation).
//
//   packet_bench [--quick]
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "bench/environment.h"
#include "bench/keep.h"
#include "bench/rounds.h"
#include "bench/row.h"
#include "support/packet_builder.h"
#include "wire/ipip_completion.h"
#include "wire/ordinary_packet.h"
#include "wire/outer_header.h"
#include "wire/parse.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kPackets = 128;  // they stay in the first cache
constexpr std::size_t kTargets = 100;
constexpr std::uint64_t kTimes = 4'000'000;
constexpr MacAddress kTargetMac{{0x02, 0, 0, 0, 0, 0xd1}};

// As a device leaves it: with room for an outer header before it.
struct Buffer {
  alignas(64) std::array<std::uint8_t, 128> bytes{};
  std::size_t size = 0;

  explicit Buffer(const Frame& frame) : size(frame.size()) {
    std::ranges::copy(frame, bytes.begin() + OuterHeader::kIpipGrowth);
  }
  std::uint8_t* outer_frame() { return bytes.data(); }
  std::uint8_t* frame() { return bytes.data() + OuterHeader::kIpipGrowth; }
};

std::vector<Buffer> EstablishedPackets() {
  std::vector<Buffer> buffers;
  for (std::size_t n = 0; n < kPackets; ++n)
    buffers.emplace_back(
        TcpPacket()
            .From("10.0.0." + std::to_string(n % 200 + 1), static_cast<std::uint16_t>(40000 + n))
            .Ack()
            .PaddedTo(60)
            .Build());
  return buffers;
}

std::vector<OuterHeader> HeadersOfTargets() {
  std::vector<OuterHeader> headers;
  for (std::uint32_t n = 0; n < kTargets; ++n)
    headers.emplace_back(kTargetMac, kBalancerMac, IpAddress::FromV4(0x0a000001),
                         IpAddress::FromV4(0x0a000100 + n));
  return headers;
}

// `each(buffer, n)` for packet after packet.
template <typename Each>
Contender ForAll(std::vector<Buffer>& buffers, Each&& each) {
  return {[&buffers, each] {
    for (std::uint64_t n = 0; n < kTimes; ++n) each(buffers[n % kPackets], n);
    return kTimes;
  }};
}

void Bench(const Options& options) {
  auto buffers = EstablishedPackets();
  const auto headers = HeadersOfTargets();
  const auto parse = [](Buffer& buffer, std::uint64_t) {
    const FrameView view{buffer.frame(), static_cast<std::uint32_t>(buffer.size)};
    if (ParseFrame(view, kBalancerMac).kind != PacketKind::kFlow) Fail("a packet was refused");
  };
  const OwnMac own_mac(kBalancerMac);
  const auto parse_ordinary = [own_mac](Buffer& buffer, std::uint64_t) {
    const FrameView view{buffer.frame(), static_cast<std::uint32_t>(buffer.size)};
    Ipv4Tuple tuple;
    SegmentFlags segment;
    if (!ParseOrdinary(view, own_mac, false, tuple, segment)) Fail("a packet was refused");
    Keep(tuple);
  };
  const auto l2 = [&](Buffer& buffer, std::uint64_t n) {
    headers[n % kTargets].WriteL2(buffer.outer_frame());
    Keep(buffer);
  };
  const auto ipip = [&](Buffer& buffer, std::uint64_t n) {
    IpipCompletions completions;
    completions.Complete(0, buffer.frame());
    headers[n % kTargets].WriteIpip(buffer.outer_frame(), completions.first_words[0],
                                    completions.sums[0]);
    Keep(buffer);
  };
  // Encapsulation overwrites what would be parsed.
  auto written = buffers;
  const auto measured = Measure({ForAll(buffers, parse_ordinary), ForAll(buffers, parse),
                                 ForAll(written, l2), ForAll(written, ipip)},
                                options.rounds());
  const std::array<std::string, 4> names = {"parse, ordinary packet", "parse, any packet",
                                            "encapsulation, l2", "encapsulation, ipip"};
  for (std::size_t i = 0; i < names.size(); ++i)
    Print({.name = names[i],
           .value = 1e9 / measured[i].per_second,
           .unit = "ns",
           .spread = measured[i].spread});
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  Bench(OptionsFrom(argc, argv));
}
