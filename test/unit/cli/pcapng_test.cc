// The bytes of pcapng files, by the draft's figures (draft-ietf-opsawg-pcapng, 3 and 4).
#include "cli/pcapng.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <map>

namespace holdfast::pcapng {
namespace {

std::uint32_t Word(const std::string& bytes, std::size_t offset) {
  std::uint32_t word = 0;
  REQUIRE(offset + sizeof word <= bytes.size());
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}
std::uint16_t Half(const std::string& bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(Word(bytes, offset));
}

// The options from `offset` to the block's last length, which the end of options is before.
std::map<int, std::string> OptionsOf(const std::string& block, std::size_t offset) {
  std::map<int, std::string> options;
  while (Half(block, offset) != 0) {
    const std::size_t length = Word(block, offset) >> 16;
    options[Half(block, offset)] = block.substr(offset + 4, length);
    offset += 4 + (length + 3) / 4 * 4;
  }
  CHECK(Word(block, offset) == 0);
  CHECK(offset + 8 == block.size());
  return options;
}

// Type, and its length at both ends; whole words.
void CheckBlock(const std::string& block, std::uint32_t type) {
  CHECK(block.size() % 4 == 0);
  CHECK(Word(block, 0) == type);
  CHECK(Word(block, 4) == block.size());
  CHECK(Word(block, block.size() - 4) == block.size());
}

TEST_CASE("a section says the order of its bytes and its version", "[pcapng]") {
  const std::string block = SectionHeader("holdfastctl 1");
  CheckBlock(block, 0x0a0d0d0a);
  CHECK(Word(block, 8) == 0x1a2b3c4d);
  CHECK(Word(block, 12) == 1);  // 1.0
  CHECK(Word(block, 16) == 0xffffffff);
  CHECK(Word(block, 20) == 0xffffffff);
  CHECK(OptionsOf(block, 24) == std::map<int, std::string>{{4, "holdfastctl 1"}});
}

TEST_CASE("an interface has a name, an address, and nanoseconds", "[pcapng]") {
  const MacAddress mac{{2, 0, 0, 0, 0, 1}};
  const std::string block = InterfaceDescription({"lan0", mac, 128});
  CheckBlock(block, 1);
  CHECK(Word(block, 8) == 1);  // Ethernet
  CHECK(Word(block, 12) == 128);
  CHECK(OptionsOf(block, 16) == std::map<int, std::string>{{2, "lan0"},
                                                           {6, std::string("\x02\0\0\0\0\x01", 6)},
                                                           {9, "\x09"}});
  CHECK(OptionsOf(InterfaceDescription({"lan0", std::nullopt, 128}), 16).count(6) == 0);
}

TEST_CASE("a packet has its time, its lengths, its bytes and a comment", "[pcapng]") {
  for (std::size_t length = 0; length < 9; ++length) {
    const std::string bytes =
        std::string("\x01\x02\x03\0\x05\x06\x07\x08\x09", 9).substr(0, length);
    const std::string comment(length, 'c');
    const std::string block = EnhancedPacket({.interface = 3,
                                              .nanoseconds = 0x1122'3344'5566'7788,
                                              .length = 1514,
                                              .bytes = bytes,
                                              .comment = comment});
    CheckBlock(block, 6);
    CHECK(Word(block, 8) == 3);
    CHECK(Word(block, 12) == 0x11223344);
    CHECK(Word(block, 16) == 0x55667788);
    CHECK(Word(block, 20) == length);
    CHECK(Word(block, 24) == 1514);
    CHECK(block.substr(28, length) == bytes);
    CHECK(OptionsOf(block, 28 + (length + 3) / 4 * 4) ==
          std::map<int, std::string>{{1, comment}, {2, std::string("\x01\0\0\0", 4)}});
  }
}

TEST_CASE("a comment that is longer than an option may be is cut off", "[pcapng]") {
  const std::string block = EnhancedPacket({.comment = std::string(70'000, 'c')});
  CheckBlock(block, 6);
  CHECK(OptionsOf(block, 28)[1].size() == 65'535);
}

// The other end of the interface: who reads such files.
TEST_CASE("tcpdump reads what is written", "[pcapng]") {
  const std::string arp = std::string(
      "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06\0\x01\x08\0\x06\x04\0\x01"
      "\x02\0\0\0\0\x02\x0a\0\0\x02\0\0\0\0\0\0\x0a\0\0\x01",
      42);
  const std::string file = SectionHeader("test") + InterfaceDescription({"lan0", {}, 128}) +
                           InterfaceDescription({"lan1", {}, 128}) +
                           EnhancedPacket({.interface = 1,
                                           .nanoseconds = 1'700'000'000'123'456'789,
                                           .length = 42,
                                           .bytes = arp,
                                           .comment = "local: arp_request"});
  std::FILE* const reader = popen(
      "tcpdump --nano -tt -n -r - >/tmp/holdfast_pcapng_test.$PPID 2>/dev/null;"
      "test \"$(cat /tmp/holdfast_pcapng_test.$PPID)\" = '1700000000.123456789 ARP, Request "
      "who-has "
      "10.0.0.1 tell 10.0.0.2, length 28'; status=$?; rm /tmp/holdfast_pcapng_test.$PPID; exit "
      "$status",
      "w");
  REQUIRE(reader != nullptr);
  CHECK(std::fwrite(file.data(), 1, file.size(), reader) == file.size());
  CHECK(pclose(reader) == 0);
}

}  // namespace
}  // namespace holdfast::pcapng
