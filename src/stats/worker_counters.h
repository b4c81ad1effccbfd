// What a worker counts, and the names under which it is seen.
//
// Every packet received ends in exactly one of: forwarded (by the step that
// decided), returned (by nat, to a client), local (for the balancer itself), or dropped (with a
// reason). So
//   rx_packets = sum(services[].packets) + sum(services[].returned_packets) + sum(local) +
//   sum(drops)
// holds whenever a batch is complete. Packets that the worker makes (replies,
// and what the management core asks it to send) are counted beside that.
//
// Single writer: the worker. Added to once per batch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "stats/counter.h"
#include "stats/time_histogram.h"

namespace holdfast {

// Which row of P decided where a forwarded packet went. The names are an API.
enum class Step : std::uint8_t {
  kConnection,   // P1
  kOtherWorker,  // P5: found in another worker's table
  kAffinity,     // P2
  kAutomatic,    // P3
  kBalanced,     // P4
  kRing,         // P5: not known anywhere, or no room to remember it (P8)
};
inline constexpr std::array<std::string_view, 6> kStepNames = {
    "connection", "other_worker", "affinity", "automatic", "balanced", "ring"};

// What became of a connection request. The names are an API.
enum class Decision : std::uint8_t { kAffinity, kAutomatic, kBalanced, kRefused };
inline constexpr std::array<std::string_view, 4> kDecisionNames = {"affinity", "automatic",
                                                                   "balanced", "refused"};

// Why a worker gave a packet up. The names are an API; the texts explain them.
// (GCC takes the scoped kNoService for a shadow of the one in ids.h.)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
enum class DropReason : std::uint8_t {
  kTruncated,
  kEtherType,
  kVlan,
  kNotOurMac,
  kLooped,
  kIpHeader,
  kIpv6Extension,
  kIpChecksum,
  kMartianSource,
  kNotOurAddress,
  kFragment,
  kProtocol,
  kTcpHeader,
  kTcpFlags,
  kUdpHeader,
  kIcmp,
  kIcmpForged,
  kArp,
  kNeighbourDiscovery,
  kAddressConflict,
  kNoService,
  kNoTarget,
  kNoNeighbour,
  kOversized,
  kHopLimit,
  kNatUnknown,
  kNatFull,
  kHandoverFull,
  kTxFull,
  kKernelRate,
  kKernelFull,
};
#pragma GCC diagnostic pop
struct DropReasonName {
  std::string_view name;
  std::string_view help;
};
inline constexpr std::array<DropReasonName, 31> kDropReasons = {{
    {"truncated", "the frame ends before a header that it announces"},
    {"ethertype", "neither IPv4 nor IPv6 nor ARP"},
    {"vlan", "of a VLAN that no port of the device has, or without a tag where all ports have one"},
    {"not_our_mac", "the destination MAC is another host's, or a multicast group"},
    {"looped", "the source MAC is our own: a frame that we sent came back"},
    {"ip_header", "IP version, header length or total length is wrong"},
    {"ipv6_extension",
     "too many IPv6 extension headers, or a routing header that is not at its end"},
    {"ip_checksum", "the device or the check found a wrong header checksum"},
    {"martian_source", "source address is unspecified, loopback, multicast, broadcast or a VIP"},
    {"not_our_address", "for an address that is neither a VIP nor our own"},
    {"fragment", "a fragment that is malformed, or whose first one did not come in time"},
    {"protocol", "neither TCP nor UDP nor ICMP"},
    {"tcp_header", "TCP data offset is wrong"},
    {"tcp_flags", "SYN with FIN or RST, or no flags at all"},
    {"udp_header", "UDP length is wrong"},
    {"icmp", "ICMP that is neither an echo request nor an error, or malformed"},
    {"icmp_forged", "an ICMP error about a packet that its receiver did not send"},
    {"arp", "ARP that is malformed"},
    {"neighbour_discovery", "IPv6 neighbour discovery that is malformed, or came by a router"},
    {"address_conflict",
     "ARP or neighbour discovery by which another host claims one of our addresses"},
    {"no_service", "a VIP, but no service has this protocol and port"},
    {"no_target", "the service has no target that may take it, or its target is gone"},
    {"no_neighbour", "the target's MAC address is not resolved yet"},
    {"oversized", "longer than what may go to its target, and not to be split"},
    {"hop_limit", "by nat, and its TTL or hop limit is used up"},
    {"nat_unknown", "by nat, and of no connection that is known: often the last of one"},
    {"nat_full", "by nat, and there is no free port to the target, or no room for a session"},
    {"handover_full", "for another worker, which is behind with what it was handed"},
    {"tx_full", "the device's transmit queue had no room"},
    {"kernel_rate", "for the kernel, but more a second than it may have"},
    {"kernel_full", "for the kernel, but it is behind with those that it has"},
}};

// Packets that ended here: for the balancer itself, or for everybody.
enum class LocalPacket : std::uint8_t {
  kArpRequest,
  kArpReply,
  kEchoRequest,
  kTunnelError,  // an ICMP error about a packet that we sent to a target
  kArpOfOthers,  // broadcast between other hosts: seen, no concern of ours
  kKernel,       // handed to the port's kernel interface
  kNeighbourSolicitation,
  kNeighbourAdvertisement,
  kSolicitationOfOthers,  // for an address that ends as one of ours
};
inline constexpr std::array<std::string_view, 9> kLocalPacketNames = {
    "arp_request",           "arp_reply", "echo_request",           "tunnel_error",
    "arp_of_others",         "kernel",    "neighbour_solicitation", "neighbour_advertisement",
    "solicitation_of_others"};

// Packets that the worker made.
enum class Reply : std::uint8_t {
  kArpReply,
  kEchoReply,
  kTcpReset,
  kPortUnreachable,
  kPacketTooBig,  // "fragmentation needed" or "packet too big"
  kFragment,      // of a packet that was too long, but for its first one
  kInjected,      // by the management core: questions to neighbours, announcements
  kRateLimited,   // an answer that was not sent
  kFromKernel,
  kFromKernelToVip,
  kFromKernelLost,  // not sent: the device had no room
  kNeighbourAdvertisement,
  kProbe,      // a health check's packet, to its target
  kProbeLost,  // not sent: no way to the target is known, or the device had no room
};
inline constexpr std::array<std::string_view, 14> kReplyNames = {
    "arp_reply",      "echo_reply",         "tcp_reset",        "port_unreachable",
    "packet_too_big", "fragment",           "injected",         "rate_limited",
    "from_kernel",    "from_kernel_to_vip", "from_kernel_lost", "neighbour_advertisement",
    "probe",          "probe_lost"};

template <typename Enum, std::size_t kCount>
class CounterArray {
 public:
  Counter& operator[](Enum index) { return counters_[static_cast<std::size_t>(index)]; }
  const Counter& operator[](Enum index) const { return counters_[static_cast<std::size_t>(index)]; }

 private:
  std::array<Counter, kCount> counters_;
};

struct alignas(64) ServiceCounters {
  CounterArray<Step, kStepNames.size()> packets;
  Counter bytes;             // of the frames in `packets`, without FCS
  Counter returned_packets;  // by nat, from targets to clients
  Counter returned_bytes;    // of their frames, without FCS
  CounterArray<Decision, kDecisionNames.size()> requests;
  Counter automatic_full;   // T8: connections that count for no client, because there is no room
  Counter half_open_limit;  // requests that were not remembered for max_half_open
};

// What is counted for each packet to a target, and room for how the worker reaches
// it (datapath/target_path.h): a packet needs one line of its target.
struct alignas(64) TargetLine {
  Counter packets;
  Counter bytes;
  alignas(8) std::array<std::byte, 48> path{};
};
static_assert(sizeof(TargetLine) == 64);

struct TargetRequests {
  CounterArray<Decision, kDecisionNames.size()> requests;
};

struct alignas(64) WorkerCounters {
  Counter rx_packets;
  Counter tx_packets;  // accepted by the device: forwarded, replies and injected
  CounterArray<DropReason, kDropReasons.size()> drops;
  CounterArray<LocalPacket, kLocalPacketNames.size()> local;
  CounterArray<Reply, kReplyNames.size()> replies;

  // Connection table (P1, P5, P7, P8).
  Counter connections_inserted;
  Counter connections_expired;
  Counter connections_evicted_unfinished;
  Counter connections_evicted_closing;
  Counter connections_evicted_unproven;
  Counter connections_not_remembered;  // P8: no room
  Counter connections_stale;           // P7: of removed targets
  Counter affinities_passed_over;      // P2, P3: the owner may not take requests
  Counter nat_sessions;                // as many as there are now
  Counter neighbour_events_lost;       // ARP learned, but the management core was behind

  // The loop.
  Counter turns;
  Counter busy_turns;  // turns that received something
  Counter sleeps;
  Counter loop_cycles;                   // TSC cycles since the worker came online
  Counter busy_cycles;                   // of them, in turns that received something
  Counter busy_permille;                 // over the last whole second
  TimeHistogram turn_times;              // of turns that nobody interrupted
  TimeHistogram interrupted_turn_times;  // longer than they should be, and not by their own doing
  Counter swept_version;  // version of the Snapshot that the last whole sweep began with (P7)

  // Indexed by ServiceSlot, and by target slot.
  std::vector<ServiceCounters> services = std::vector<ServiceCounters>(kMaxServices);
  std::vector<TargetLine> targets = std::vector<TargetLine>(kMaxTargets);
  std::vector<TargetRequests> target_requests = std::vector<TargetRequests>(kMaxTargets);
};

}  // namespace holdfast
