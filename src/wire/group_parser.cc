#include "wire/group_parser.h"

#include <vector>

#include "wire/ordinary_ipv6.h"

namespace holdfast {
namespace {

std::uint64_t ParseOneByOne(const FrameGroups& frames, const OwnMac& own_mac,
                            bool checksums_known_good, const ParsedGroups& parsed) {
  std::uint64_t ordinary = 0;
  for (std::size_t i = 0; i < frames.count; ++i) {
    const bool is_ordinary =
        ParseOrdinary({frames.data[i], frames.lengths[i]}, own_mac, checksums_known_good,
                      parsed.tuples[i], parsed.segments[i]);
    parsed.ipip->Complete(i, frames.data[i]);
    ordinary |= std::uint64_t{is_ordinary} << i;
  }
  return ordinary;
}

std::uint64_t ParseIpv6OneByOne(const FrameGroups& frames, const OwnMac& own_mac,
                                const ParsedGroups& parsed) {
  std::uint64_t ordinary = 0;
  for (std::size_t i = 0; i < frames.count; ++i) {
    FlowKey key;
    const bool is_ordinary =
        ParseOrdinaryIpv6({frames.data[i], frames.lengths[i]}, own_mac, key, parsed.segments[i]);
    parsed.clients[i] = key.client;
    parsed.vips[i] = key.vip;
    parsed.tuples[i] = Ipv4Tuple::InPlaceOf(key);
    parsed.ipip->CompleteIpv6(i, frames.data[i]);
    ordinary |= std::uint64_t{is_ordinary} << i;
  }
  return ordinary;
}

std::vector<GroupParser> Supported() {
  std::vector<GroupParser> parsers;
  if (__builtin_cpu_supports("avx512bw")) parsers.push_back(kAvx512GroupParser);
  if (__builtin_cpu_supports("avx2")) parsers.push_back(kAvx2GroupParser);
  if (__builtin_cpu_supports("sse4.2")) parsers.push_back(kSse42GroupParser);
  parsers.push_back(kPortableGroupParser);
  return parsers;
}

}  // namespace

const GroupParser kPortableGroupParser{"portable", &ParseOneByOne, &ParseIpv6OneByOne};

std::span<const GroupParser> GroupParsers() {
  static const std::vector<GroupParser> parsers = Supported();
  return parsers;
}

}  // namespace holdfast
