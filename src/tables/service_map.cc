#include "tables/service_map.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace holdfast {
namespace {

// Of an IPv4 address in network order.
std::uint32_t MaskOf(int length) {
  return length == 0 ? 0 : __builtin_bswap32(~std::uint32_t{0} << (32 - length));
}

std::uint8_t NumberOf(Protocol protocol) { return static_cast<std::uint8_t>(protocol); }

using Lengths = std::set<int, std::greater<>>;
std::vector<int> InOrder(const Lengths& lengths) { return {lengths.begin(), lengths.end()}; }

// Those of them that a map of single words has: no place of an IPv4 address needs more.
bool IsNarrow(const ServiceMap::Place& place) {
  return place.vip.IsV4() && place.vip.IsOne() &&
         std::ranges::all_of(place.ports.ranges(), &PortRange::IsOne);
}

}  // namespace

std::uint64_t ServiceMap::Ipv4Word(std::uint32_t network, int length, std::uint8_t protocol) {
  return network | static_cast<std::uint64_t>(length) << 32 |
         static_cast<std::uint64_t>(protocol) << 48;
}

// Collects places, then puts the map's parts together.
class ServiceMap::Builder {
 public:
  explicit Builder(std::span<const Place> places) {
    for (const Place& place : places) place.vip.IsV4() ? AddIpv4(place) : AddIpv6(place);
    // Named ports of an address that has wide places, too: they come first there as well.
    for (const Place& place : places)
      if (IsNarrow(place)) AddToWide(place);
  }

  void Build(ServiceMap& map) {
    map.endpoints_ = WordMap(endpoints_);
    std::vector<WordMap::Entry> wide;
    for (const auto& [word, claims] : ipv4_) wide.push_back({word, map.port_tables_.Add(claims)});
    map.ipv4_places_ = WordMap(wide);
    map.ipv4_vips_ = WordMap(vips_);
    map.ipv4_lengths_ = InOrder(ipv4_lengths_);
    map.ipv4_vip_lengths_ = InOrder(ipv4_vip_lengths_);
    map.ipv6_lengths_ = InOrder(ipv6_lengths_);
    for (const auto& [place, claims] : ipv6_)
      map.ipv6_places_[place] = map.port_tables_.Add(claims);
    map.ipv6_vips_ = std::move(ipv6_vips_);
    if (vips_.empty()) return;
    map.lowest_vip_ = lowest_;
    map.highest_vip_ = highest_;
  }

 private:
  using Claims = std::vector<PortTables::Claim>;

  static void Claim(const Place& place, Claims& claims) {
    for (const PortRange range : place.ports.ranges()) claims.push_back({range, place.destination});
  }
  static std::uint32_t NetworkOf(const Place& place) {
    return __builtin_bswap32(place.vip.address().V4());
  }

  void AddIpv4(const Place& place) {
    const std::uint32_t network = NetworkOf(place);
    const int length = place.vip.prefix().length;
    vips_.push_back({Ipv4Word(network, length, kNoProtocol), 0});
    ipv4_vip_lengths_.insert(length);
    const std::uint32_t first = place.vip.address().V4();
    lowest_ = std::min(lowest_, first);
    highest_ = std::max(highest_, first | ~__builtin_bswap32(MaskOf(length)));
    if (place.vip.IsOne())
      for (const PortRange range : place.ports.ranges())
        if (range.IsOne()) AddEndpoint(place, range.first);
    if (IsNarrow(place)) return;
    ipv4_lengths_.insert(length);
    Claim(place, ipv4_[Ipv4Word(network, length, NumberOf(place.protocol))]);
  }

  void AddEndpoint(const Place& place, std::uint16_t port) {
    const auto flow = Ipv4Tuple::Of({.client = IpAddress::FromV4(0),
                                     .vip = place.vip.address(),
                                     .vip_port = port,
                                     .protocol = place.protocol});
    endpoints_.push_back({flow.endpoint(), place.destination.word()});
  }

  void AddToWide(const Place& place) {
    const auto found = ipv4_.find(Ipv4Word(NetworkOf(place), 32, NumberOf(place.protocol)));
    if (found != ipv4_.end()) Claim(place, found->second);
  }

  void AddIpv6(const Place& place) {
    const auto length = static_cast<std::uint8_t>(place.vip.prefix().length);
    ipv6_lengths_.insert(length);
    ipv6_vips_.insert({place.vip.address(), length, kNoProtocol});
    Claim(place, ipv6_[{place.vip.address(), length, NumberOf(place.protocol)}]);
  }

  std::vector<WordMap::Entry> endpoints_;
  std::vector<WordMap::Entry> vips_;
  Lengths ipv4_lengths_;
  Lengths ipv4_vip_lengths_;
  Lengths ipv6_lengths_;
  std::map<std::uint64_t, Claims> ipv4_;
  absl::flat_hash_map<Ipv6Place, Claims> ipv6_;
  absl::flat_hash_set<Ipv6Place> ipv6_vips_;
  std::uint32_t lowest_ = 0xffffffff;
  std::uint32_t highest_ = 0;
};

ServiceMap::ServiceMap(std::span<const Place> places) { Builder(places).Build(*this); }

Destination ServiceMap::Classify(const FlowKey& flow) const {
  return flow.vip.IsV4() ? Classify(Ipv4Tuple::Of(flow)) : ClassifyIpv6(flow);
}

Destination ServiceMap::ClassifyWide(const Ipv4Tuple& flow) const {
  const std::uint16_t port = __builtin_bswap16(flow.vip_port);
  for (const int length : ipv4_lengths_) {
    const std::uint32_t table =
        ipv4_places_.Find(Ipv4Word(flow.vip & MaskOf(length), length, NumberOf(flow.protocol)));
    if (table == WordMap::kNone) continue;
    if (const Destination found = port_tables_.Find(table, port); found.exists()) return found;
  }
  return {};
}

Destination ServiceMap::ClassifyIpv6(const FlowKey& flow) const {
  for (const int length : ipv6_lengths_) {
    const auto place =
        ipv6_places_.find({IpPrefix{flow.vip, length}.Network(), static_cast<std::uint8_t>(length),
                           NumberOf(flow.protocol)});
    if (place == ipv6_places_.end()) continue;
    const Destination found = port_tables_.Find(place->second, flow.vip_port);
    if (found.exists()) return found;
  }
  return {};
}

bool ServiceMap::IsVip(const IpAddress& address) const {
  return address.IsV4() ? IsVip(__builtin_bswap32(address.V4())) : IsIpv6Vip(address);
}

bool ServiceMap::IsVipNear(std::uint32_t address) const {
  return std::ranges::any_of(ipv4_vip_lengths_, [&](int length) {
    return ipv4_vips_.Find(Ipv4Word(address & MaskOf(length), length, kNoProtocol)) !=
           WordMap::kNone;
  });
}

bool ServiceMap::IsIpv6Vip(const IpAddress& address) const {
  return std::ranges::any_of(ipv6_lengths_, [&](int length) {
    return ipv6_vips_.contains(
        {IpPrefix{address, length}.Network(), static_cast<std::uint8_t>(length), kNoProtocol});
  });
}

bool ServiceMap::IsVipOfItsOwn(const IpAddress& address) const {
  if (!address.IsV4()) return ipv6_vips_.contains({address, 128, kNoProtocol});
  return ipv4_vips_.Find(Ipv4Word(__builtin_bswap32(address.V4()), 32, kNoProtocol)) !=
         WordMap::kNone;
}

}  // namespace holdfast
