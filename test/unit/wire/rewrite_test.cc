#include "wire/rewrite.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

TEST_CASE("rewriting changes both MACs and nothing else", "[wire]") {
  const MacAddress target{{0x02, 0, 0, 0, 1, 1}};
  Frame frame = TcpPacket().Syn().Payload("x").Build();
  RewriteMacs(frame.data(), target, kBalancerMac);
  CHECK(frame == TcpPacket().Syn().Payload("x").Macs(kBalancerMac, target).Build());
}

}  // namespace
}  // namespace holdfast
