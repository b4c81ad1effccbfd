#include "wire/checksum.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

Frame RandomBytes(std::minstd_rand& random, std::size_t length) {
  Frame bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 8);
  return bytes;
}

TEST_CASE("the example of RFC 1071 adds up", "[wire]") {
  const Frame bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  CHECK(ChecksumOf(bytes.data(), bytes.size()).value() == 0x220d);  // ~ddf2
}

TEST_CASE("a checksum is the same as word by word, for every length", "[wire]") {
  std::minstd_rand random(2026);
  for (std::size_t length = 0; length < 200; ++length) {
    const Frame bytes = RandomBytes(random, length);
    CHECK(ChecksumOf(bytes.data(), length).value() == ReferenceChecksum(bytes));
  }
}

TEST_CASE("a sum of the largest words does not overflow", "[wire]") {
  const Frame bytes(65534, 0xff);
  CHECK(ChecksumOf(bytes.data(), bytes.size()).value() == 0);
}

TEST_CASE("pieces add up to the whole", "[wire]") {
  std::minstd_rand random(2026);
  const Frame bytes = RandomBytes(random, 61);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 2) {
    InternetChecksum sum;
    sum.Add(bytes.data(), cut);
    sum.Add(bytes.data() + cut, bytes.size() - cut);
    CHECK(sum.Result().value() == ReferenceChecksum(bytes));
  }
}

TEST_CASE("an updated checksum is right for the changed bytes", "[wire]") {
  std::minstd_rand random(2026);
  for (int round = 0; round < 1000; ++round) {
    Frame bytes = RandomBytes(random, 20);
    bytes[0] = 0x45;  // bytes that are all zero have two checksums
    const BigEndian16 before(ReferenceChecksum(bytes));
    const auto old_word = static_cast<std::uint16_t>(bytes[8] << 8 | bytes[9]);
    const auto new_word = static_cast<std::uint16_t>(round < 2 ? 0xffff * round : random());
    bytes[8] = static_cast<std::uint8_t>(new_word >> 8);
    bytes[9] = static_cast<std::uint8_t>(new_word);
    CHECK(UpdateChecksum(before, old_word, new_word).value() == ReferenceChecksum(bytes));
  }
}

TEST_CASE("the example of RFC 1624 gives zero, not minus zero", "[wire]") {
  CHECK(UpdateChecksum(BigEndian16(0xdd2f), 0x5555, 0x3285).value() == 0x0000);
}

TEST_CASE("a TCP checksum covers addresses, protocol and length", "[wire]") {
  const Frame frame = TcpPacket().Syn().Payload("odd").Build();
  InternetChecksum sum;
  sum.AddPseudoHeader(AddressNamed("198.51.100.7"), AddressNamed("192.0.2.1"), 6, 23);
  sum.Add(frame.data() + 34, 23);
  CHECK(sum.Result().value() == 0);
}

}  // namespace
}  // namespace holdfast
