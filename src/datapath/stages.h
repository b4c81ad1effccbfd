// The path of a packet, stage by stage, in the order in which Worker runs them.
//
// A stage asks one question of every packet of the batch that its state concerns,
// and looks at no other. No stage locks, allocates or makes a system call of its own.
//
// A worker has two batches on their way: while lines that one asked memory for are coming,
// it works on the other.
#pragma once

#include <cstdint>
#include <span>

#include "balancing/ring_hash.h"
#include "datapath/batch.h"
#include "datapath/departures.h"
#include "datapath/fragments.h"
#include "datapath/nat.h"
#include "datapath/neighbour_event.h"
#include "datapath/path_mtus.h"
#include "datapath/reply_limiter.h"
#include "datapath/target_lines.h"
#include "datapath/worker_ports.h"
#include "tables/affinity_table.h"
#include "tables/client_writer.h"
#include "tables/connection_table.h"
#include "tables/method_chooser.h"

namespace holdfast {

// Bytes to flows for a service, what came back by nat, and locals; or drop. A fragment may have
// to wait.
void Parse(Batch& batch, const WorkerPorts& ports, Fragments& fragments, const Nat& nat);
// Packet i of those received, a later fragment for a VIP: it becomes a flow that FollowFragments()
// knows, or waits for its first one. False: there is no room to wait.
bool AddLaterFragment(Batch& batch, std::size_t i, const ParsedPacket& packet,
                      Fragments& fragments);

// The same of one for an own address. False: it is of no datagram that came back by nat.
bool AddLaterFragmentOfReturn(Batch& batch, std::size_t i, const ParsedPacket& packet,
                              const Fragments& fragments);

// Packet i of those received, ICMP: an error about a connection to a service, which goes to
// that one's target; or about one by nat, to its client. False: it is neither.
bool AddIcmpError(Batch& batch, std::size_t i, const ParsedPacket& packet, const Nat& nat);
// The same of a valid echo request to a VIP whose pings go to a target: as a packet of no
// connection, by affinity and ring. False: it is none.
bool AddEchoRequest(Batch& batch, std::size_t i, const ParsedPacket& packet,
                    const WorkerPorts& ports);

// Asks memory for where FindConnections() will look.
void PrefetchConnections(Batch& batch, const HashKey& key, const ConnectionTable& connections);

// Looks the flows up where most are, and asks memory for where FollowConnection() will look
// for the others.
void FindConnections(Batch& batch, const ConnectionTable& connections);

// ARP, neighbour discovery and ICMP. Answers what is for our addresses and VIPs, drops the
// rest. What neighbours say of themselves goes to the management core by `events`, and what
// routers say of the ways to targets by `path_mtu_events`.
void AnswerLocally(Batch& batch, const WorkerPorts& ports, NeighbourEventRing& events,
                   PathMtuEventRing& path_mtu_events, WorkerCounters& counters);

// What is for a VIP but for none of its services: a RST or port unreachable, as the rate
// allows.
void AnswerStrays(Batch& batch, ReplyLimiter& limiter);

// P1: a known connection follows its target. Asks memory for what Balance() and
// RememberConnection() look at.
void FollowConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                      const RingHasher& ring_hasher, WorkerCounters& counters);

// From here on only what no connection of this worker has. First, what comes from
// nobody's address is dropped; a VIP is ours.
void DropMartians(Batch& batch);

// Later fragments go where their first one went.
void FollowFragments(Batch& batch, TargetLines& lines, const Fragments& fragments);

// P5: follows a connection that another worker knows. A request, too: a SYN may be
// repeated on another queue. By nat, that worker has it.
void FollowOtherWorkers(Batch& batch, TargetLines& lines, WorkerId self,
                        std::span<const ConnectionTable* const> all_connections,
                        Handover& handover);

// P2: a client with an affinity goes to its owner, or is refused while that drains.
void FollowAffinity(Batch& batch, TargetLines& lines, const AffinityTable& affinities,
                    WorkerCounters& counters);

// P3: where automatic affinity is on, a client with connections goes to the target that has
// them, or is refused while that drains.
void FollowAutomatic(Batch& batch, TargetLines& lines, ClientWriter& clients,
                     WorkerCounters& counters);

// P4, where the service's method leaves the ring.
void ChooseByMethod(Batch& batch, TargetLines& lines, MethodChooser& chooser);

// P4, and P5 for what is no request: the service's ring. Refuses when it is empty.
// AskRing(), before that, finds the places of unknown `packets` on it and asks memory for
// them.
void AskRing(Batch& batch, std::span<const PacketContext> packets, RingHasher ring_hasher);
void Balance(Batch& batch, TargetLines& lines);

// Puts what was decided since into the table (P5, P8). Where automatic affinity is on, each
// counts for its client; who finds that another worker has just placed the client follows it (T2).
void RememberConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                        ClientWriter& clients, WorkerCounters& counters);

// Tells later fragments where their first one goes.
void RememberFragments(Batch& batch, Fragments& fragments);

// P6: a RST or port unreachable, as the service and the rate allow.
void AnswerRefused(Batch& batch, ReplyLimiter& limiter);

// Adds up what became of connection requests.
void CountRequests(Batch& batch, WorkerCounters& counters);

// Each packet that has a target, in the order of arrival: by the service's forwarding
// mode, or the target's, the target's MAC in, or other headers before; then it waits among
// the `departures` (by PortIndex). No neighbour: drop.
void Forward(Batch& batch, const TargetLines& lines, std::span<Departures> departures,
             ReplyLimiter& limiter, Nat& nat);
// Packet i, to a target or in a way that is not among the two that nearly all go (l2, and IPv4
// in IPv4, without VLAN tags), or that is too long for them.
[[gnu::noinline]] void ForwardOtherwise(Batch& batch, std::size_t i, const TunnelPath& path,
                                        Departures& departures, ReplyLimiter& limiter, Nat& nat);
// One that is longer than what may go there: IPv4 in pieces, if it may be split; else its sender
// is told how long it may be (RFC 1191, RFC 8201), as the rate allows, and it is dropped.
void ForwardTooLong(Batch& batch, std::size_t i, const TunnelPath& path, ForwardingMode mode,
                    const InnerPacket& inner, Departures& departures, ReplyLimiter& limiter);

// Sends and counts `departures`, and sends replies. A full queue: drop.
void Transmit(Batch& batch, const WorkerPorts& ports, std::span<Departures> departures,
              WorkerCounters& counters);

}  // namespace holdfast
