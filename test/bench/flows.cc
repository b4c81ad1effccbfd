#include "bench/flows.h"

#include <algorithm>
#include <random>

namespace holdfast::bench {
namespace {

constexpr std::uint32_t kPortsPerClient = 8;

IpAddress ClientV6(std::uint32_t number) {
  IpAddress::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
  for (std::size_t i = 0; i < 4; ++i) bytes[12 + i] = static_cast<std::uint8_t>(number >> 8 * i);
  return IpAddress::FromV6(bytes);
}

FlowKey Flow(Family family, std::uint32_t number) {
  const std::uint32_t client = number / kPortsPerClient;
  const bool v4 = family == Family::kV4;
  return {.client = v4 ? IpAddress::FromV4(0x0a000000 + client) : ClientV6(client),
          .vip = v4 ? IpAddress::FromV4(0xc0000201) : ClientV6(0xffffffff),
          .client_port = static_cast<std::uint16_t>(40000 + number % kPortsPerClient),
          .vip_port = 443,
          .protocol = Protocol::kTcp};
}

}  // namespace

std::vector<FlowKey> ShuffledFlows(Family family, std::uint32_t first, std::size_t count) {
  std::vector<FlowKey> flows;
  flows.reserve(count);
  for (std::uint32_t n = 0; n < count; ++n) flows.push_back(Flow(family, first + n));
  std::shuffle(flows.begin(), flows.end(), std::mt19937(2026));
  return flows;
}

std::vector<FlowKey> OnePerClient(Family family, std::size_t count) {
  std::vector<FlowKey> flows;
  for (std::uint32_t n = 0; n < count; ++n) flows.push_back(Flow(family, n * kPortsPerClient));
  std::shuffle(flows.begin(), flows.end(), std::mt19937(2026));
  return flows;
}

template <>
Ipv4Tuple PackedFrom(const FlowKey& flow) {
  return Ipv4Tuple::Of(flow);
}

template <>
PackedV6 PackedFrom(const FlowKey& flow) {
  return {.client = flow.client.bytes(),
          .vip = flow.vip.bytes(),
          .ports = {flow.client_port, flow.vip_port},
          .protocol = static_cast<std::uint32_t>(flow.protocol)};
}

}  // namespace holdfast::bench
