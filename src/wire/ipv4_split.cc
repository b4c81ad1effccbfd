#include "wire/ipv4_split.h"

#include <algorithm>
#include <cstring>

#include "wire/answer.h"

namespace holdfast {
namespace {

// RFC 791, 3.1.
constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kCopied = 0x80;

// Of an option at `options`, no longer than what is left.
std::size_t OptionLength(const std::uint8_t* options, std::size_t left) {
  if (options[0] == kNoOperation || left < 2) return 1;
  return std::clamp<std::size_t>(options[1], 2, left);
}

// Leaves those that every piece must have.
void KeepCopiedOptions(std::uint8_t* options, std::size_t length) {
  for (std::size_t at = 0; at < length && options[at] != kEndOfOptions;) {
    const std::size_t size = OptionLength(options + at, length - at);
    if ((options[at] & kCopied) == 0) std::fill_n(options + at, size, kNoOperation);
    at += size;
  }
}

}  // namespace

Ipv4Split::Ipv4Split(const std::uint8_t* packet, std::size_t length, std::size_t longest)
    : packet_(packet),
      header_(Load<Ipv4Header>(packet)),
      header_length_(header_.header_length()),
      payload_(length - header_length_),
      step_((longest - header_length_) / 8 * 8) {}

std::size_t Ipv4Split::Write(std::size_t i, std::uint8_t* out) const {
  const std::size_t begin = i * step_;
  const std::size_t size = std::min(step_, payload_ - begin);
  const bool is_last = begin + size == payload_;
  std::memcpy(out, packet_, header_length_);
  std::memcpy(out + header_length_, packet_ + header_length_ + begin, size);
  if (i != 0) KeepCopiedOptions(out + sizeof(Ipv4Header), header_length_ - sizeof(Ipv4Header));

  Ipv4Header ip = header_;
  const std::uint16_t before = header_.flags_and_offset.value();
  const std::uint16_t more = is_last ? before & kIpv4MoreFragments : kIpv4MoreFragments;
  const std::size_t offset = (before & kIpv4FragmentOffset) + begin / 8;
  ip.flags_and_offset = BigEndian16(static_cast<std::uint16_t>(more | offset));
  ip.total_length = BigEndian16(static_cast<std::uint16_t>(header_length_ + size));
  StoreWithChecksum(out, ip);
  return header_length_ + size;
}

}  // namespace holdfast
