// ServiceMap: which service a packet is for, by its VIP, protocol and port.
//
// The most specific one: a VIP of one address before a prefix, a longer prefix before a
// shorter one; at the same VIP a named port before a range, a range before every port.
// Where a VIP has no service with the port, wider ones are asked.
//
// Layout
//   endpoints()  IPv4, VIPs of one address, named ports: nearly all packets. One look-up of
//                one word.
//   wide places  all else, and IPv6: for each length of VIPs a look-up of the address, then
//                one of the port (PortTables).
//
// Made once and never changed; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/flow_key.h"
#include "base/ipv4_tuple.h"
#include "base/port_set.h"
#include "base/vip.h"
#include "tables/destination.h"
#include "tables/port_tables.h"
#include "tables/word_map.h"

namespace holdfast {

class ServiceMap {
 public:
  // Where a service is.
  struct Place {
    Vip vip;
    Protocol protocol = Protocol::kTcp;
    PortSet ports;
    Destination destination;
  };

  ServiceMap() : ServiceMap(std::span<const Place>{}) {}
  // REQUIRES: of two places with the same VIP and protocol no named ports are the same, and
  // no ranges overlap, but for every port's.
  explicit ServiceMap(std::span<const Place> places);

  // One that does not exist when nothing is configured there.
  [[nodiscard]] Destination Classify(const Ipv4Tuple& flow) const {
    const auto found = Destination::FromWord(endpoints_.Find(flow.endpoint()));
    return found.exists() ? found : ClassifyWide(flow);
  }
  [[nodiscard]] Destination Classify(const FlowKey& flow) const;

  // By Ipv4Tuple::endpoint(), to a Destination's word: for many flows. What it has, is right;
  // what it has not, may still have a service if HasWidePlaces().
  [[nodiscard]] WordMap::View endpoints() const { return endpoints_.view(); }
  [[nodiscard]] bool HasWidePlaces() const { return !ipv4_lengths_.empty(); }
  // Of a flow that endpoints() does not have.
  [[nodiscard]] Destination ClassifyWide(const Ipv4Tuple& flow) const;

  // A virtual address of any service; of IPv4 in network order.
  [[nodiscard]] bool IsVip(const IpAddress& address) const;
  [[nodiscard]] bool IsVip(std::uint32_t address) const {
    // Most clients are nowhere near: two numbers say so, without a guess.
    const bool near = __builtin_bswap32(address) - lowest_vip_ <= highest_vip_ - lowest_vip_;
    return near && IsVipNear(address);
  }
  // The same without those that are VIPs only as part of a prefix.
  [[nodiscard]] bool IsVipOfItsOwn(const IpAddress& address) const;

 private:
  // An IPv6 VIP; of a protocol's services, or (kNoProtocol) of any.
  struct Ipv6Place {
    IpAddress network;
    std::uint8_t length = 0;
    std::uint8_t protocol = 0;
    friend bool operator==(const Ipv6Place&, const Ipv6Place&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Ipv6Place& place) {
      return H::combine(std::move(h), place.network, place.length, place.protocol);
    }
  };
  static constexpr std::uint8_t kNoProtocol = 0;

  class Builder;
  [[nodiscard]] static std::uint64_t Ipv4Word(std::uint32_t network, int length,
                                              std::uint8_t protocol);
  [[nodiscard]] bool IsVipNear(std::uint32_t address) const;
  [[nodiscard]] bool IsIpv6Vip(const IpAddress& address) const;
  [[nodiscard]] Destination ClassifyIpv6(const FlowKey& flow) const;

  WordMap endpoints_;
  PortTables port_tables_;
  // Of wide places and of VIPs that are prefixes: lengths, longest first, and what has them.
  std::vector<int> ipv4_lengths_;
  std::vector<int> ipv4_vip_lengths_;
  WordMap ipv4_places_;  // by Ipv4Word() to a port table
  WordMap ipv4_vips_;    // by Ipv4Word() without a protocol
  std::vector<int> ipv6_lengths_;
  absl::flat_hash_map<Ipv6Place, std::uint32_t> ipv6_places_;  // to a port table
  // Without a protocol: not to be found by a packet that says it has none.
  absl::flat_hash_set<Ipv6Place> ipv6_vips_;
  std::uint32_t lowest_vip_ = 0;  // IPv4, in host order
  std::uint32_t highest_vip_ = 0;
};

}  // namespace holdfast
