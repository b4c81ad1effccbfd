#include "support/frame.h"

namespace holdfast {
namespace {

constexpr std::size_t kEthernetLength = 14;
constexpr std::uint8_t kPadding = 0xee;

}  // namespace

Frame EthernetFrame(const MacAddress& destination, const MacAddress& source, unsigned ether_type) {
  Frame frame;
  AppendAll(frame, destination.bytes);
  AppendAll(frame, source.bytes);
  Append16(frame, ether_type);
  return frame;
}

Frame Sized(Frame frame, std::size_t padded_to, std::optional<std::size_t> truncated_to) {
  if (frame.size() < padded_to) frame.resize(padded_to, kPadding);
  if (truncated_to && *truncated_to < frame.size()) frame.resize(*truncated_to);
  return frame;
}

IpAddress AddressNamed(std::string_view text) {
  return IpAddress::Parse(absl::string_view(text.data(), text.size())).value();
}

std::uint16_t ReferenceChecksum(const Frame& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const unsigned low = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
    sum += static_cast<std::uint32_t>(bytes[i]) << 8 | low;
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t ReferenceSegmentChecksum(const Frame& frame) {
  const std::size_t header_end = kEthernetLength + 20;
  const std::size_t total_length = std::size_t{frame.at(16)} << 8 | frame.at(17);
  Frame bytes(frame.begin() + kEthernetLength + 12, frame.begin() + header_end);
  Append16(bytes, frame.at(23));
  Append16(bytes, static_cast<unsigned>(total_length - 20));
  bytes.insert(bytes.end(), frame.begin() + header_end,
               frame.begin() + static_cast<std::ptrdiff_t>(kEthernetLength + total_length));
  return ReferenceChecksum(bytes);
}

}  // namespace holdfast
