#include "cli/pcapng.h"

#include <algorithm>
#include <concepts>
#include <limits>

namespace holdfast::pcapng {
namespace {

// In the order of this machine: the section header says which that is.
template <std::integral Integer>
std::string_view BytesOf(const Integer& integer) {
  return {reinterpret_cast<const char*>(&integer), sizeof integer};
}

class Block {
 public:
  explicit Block(std::uint32_t type) {
    Add(type);
    Add(std::uint32_t{0});  // the length, at last
  }

  template <std::integral Integer>
  void Add(Integer integer) {
    bytes_ += BytesOf(integer);
  }
  void AddPadded(std::string_view bytes) {
    bytes_ += bytes;
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }
  void AddOption(std::uint16_t code, std::string_view value) {
    const std::string_view whole = value.substr(0, std::numeric_limits<std::uint16_t>::max());
    Add(code);
    Add(static_cast<std::uint16_t>(whole.size()));
    AddPadded(whole);
  }
  // With the end of its options, and its length before and behind.
  std::string Finish() {
    AddOption(kEndOfOptions, "");
    const auto length = static_cast<std::uint32_t>(bytes_.size() + sizeof(std::uint32_t));
    bytes_.replace(sizeof(std::uint32_t), sizeof length, BytesOf(length));
    Add(length);
    return std::move(bytes_);
  }

 private:
  static constexpr std::uint16_t kEndOfOptions = 0;

  std::string bytes_;
};

}  // namespace

std::string SectionHeader(std::string_view writer) {
  constexpr std::uint16_t kUserApplication = 4;
  Block block(0x0a0d0d0a);
  block.Add(std::uint32_t{0x1a2b3c4d});  // the order of bytes
  block.Add(std::uint16_t{1});           // the format's version
  block.Add(std::uint16_t{0});
  block.Add(std::int64_t{-1});  // the length of the section: to the end of the file
  block.AddOption(kUserApplication, writer);
  return block.Finish();
}

std::string InterfaceDescription(const Interface& interface) {
  constexpr std::uint16_t kName = 2;
  constexpr std::uint16_t kMacAddress = 6;
  constexpr std::uint16_t kTimeResolution = 9;
  Block block(1);
  block.Add(std::uint16_t{1});  // LINKTYPE_ETHERNET
  block.Add(std::uint16_t{0});  // reserved
  block.Add(interface.snap);
  block.AddOption(kName, interface.name);
  if (interface.mac) {
    const auto& bytes = interface.mac->bytes;
    block.AddOption(kMacAddress, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  block.AddOption(kTimeResolution, "\x09");  // 10^-9 s
  return block.Finish();
}

std::string EnhancedPacket(const Packet& packet) {
  constexpr std::uint16_t kComment = 1;
  constexpr std::uint16_t kFlags = 2;
  constexpr std::uint32_t kInbound = 1;
  Block block(6);
  block.Add(packet.interface);
  block.Add(static_cast<std::uint32_t>(packet.nanoseconds >> 32));
  block.Add(static_cast<std::uint32_t>(packet.nanoseconds));
  block.Add(static_cast<std::uint32_t>(packet.bytes.size()));
  block.Add(packet.length);
  block.AddPadded(packet.bytes);
  block.AddOption(kComment, packet.comment);
  block.AddOption(kFlags, BytesOf(kInbound));
  return block.Finish();
}

}  // namespace holdfast::pcapng
