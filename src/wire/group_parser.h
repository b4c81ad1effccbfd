// GroupParser: ParseOrdinary() (ordinary_packet.h) and ParseOrdinaryIpv6() (ordinary_ipv6.h)
// for groups of sixteen packets side by side, once for each instruction set. All give the same
// results; the best that the processor has comes first.
//
// Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ip_address.h"
#include "base/ipv4_tuple.h"
#include "base/segment_flags.h"
#include "wire/ipip_completion.h"
#include "wire/ordinary_packet.h"

namespace holdfast {

inline constexpr std::size_t kGroup = 16;
// So many bytes of each frame are read, however short it is: what is behind it in its
// buffer does not matter, but must be there.
inline constexpr std::size_t kGroupReads = 70;

// At most four groups of frames, by place.
struct FrameGroups {
  const std::uint8_t* const* data;
  const std::uint32_t* lengths;
  std::size_t count;  // of frames: a multiple of kGroup
};

// Where to put what they are; as many places each.
struct ParsedGroups {
  Ipv4Tuple* tuples;
  SegmentFlags* segments;
  IpipCompletions* ipip;  // from its first place on
  // Of IPv6; of its tuples there is what stands in their place.
  IpAddress* clients = nullptr;
  IpAddress* vips = nullptr;
};

struct GroupParser {
  const char* name;  // of the instruction set, as __builtin_cpu_supports() has it
  // Bit i: frame i is ordinary, and what stands in place i is its own. What stands in other
  // places means nothing.
  std::uint64_t (*parse)(const FrameGroups& frames, const OwnMac& own_mac,
                         bool checksums_known_good, const ParsedGroups& parsed);
  // The same of IPv6.
  std::uint64_t (*parse_ipv6)(const FrameGroups& frames, const OwnMac& own_mac,
                              const ParsedGroups& parsed);
};

// Those that this processor can run, best first; the last one runs anywhere.
std::span<const GroupParser> GroupParsers();

// One file each, and called only where the processor has the instructions.
extern const GroupParser kAvx512GroupParser;
extern const GroupParser kAvx2GroupParser;
extern const GroupParser kSse42GroupParser;
extern const GroupParser kPortableGroupParser;

}  // namespace holdfast
