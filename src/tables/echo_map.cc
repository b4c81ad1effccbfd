#include "tables/echo_map.h"

#include <algorithm>
#include <functional>
#include <set>

namespace holdfast {

EchoMap::EchoMap(std::span<const Place> places) {
  if (std::ranges::none_of(places, &Place::takes_echo)) return;
  std::set<int, std::greater<>> lengths;
  for (const auto& [vip, takes_echo, destination] : places) {
    lengths.insert(vip.prefix().length);
    Destination& taker = places_[{vip.address(), vip.prefix().length}];
    if (takes_echo && !taker.exists()) taker = destination;
  }
  lengths_.assign(lengths.begin(), lengths.end());
}

Destination EchoMap::Find(const IpAddress& vip) const {
  for (const int length : lengths_) {
    if (length > vip.HostPrefixLength()) continue;
    const auto found = places_.find({IpPrefix{vip, length}.Network(), length});
    if (found != places_.end()) return found->second;
  }
  return {};
}

}  // namespace holdfast
