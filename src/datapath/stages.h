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
#include "datapath/neighbour_event.h"
#include "datapath/reply_limiter.h"
#include "datapath/target_lines.h"
#include "datapath/worker_ports.h"
#include "tables/affinity_table.h"
#include "tables/connection_table.h"

namespace holdfast {

// Bytes to flows for a service, and locals; or drop.
void Parse(Batch& batch, const WorkerPorts& ports);

// Asks memory for where FindConnections() will look.
void PrefetchConnections(Batch& batch, const HashKey& key, const ConnectionTable& connections);

// Looks the flows up where most are, and asks memory for where FollowConnection() will look
// for the others. Once for each batch; again does nothing.
void FindConnections(Batch& batch, const ConnectionTable& connections);

// ARP, neighbour discovery and ICMP. Answers what is for our addresses and VIPs, drops the
// rest. What neighbours say of themselves goes to the management core by `events`.
void AnswerLocally(Batch& batch, const WorkerPorts& ports, NeighbourEventRing& events,
                   WorkerCounters& counters);

// P1: a known connection follows its target. Asks memory for what Balance() and
// RememberConnection() look at.
void FollowConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                      const RingHasher& ring_hasher, WorkerCounters& counters);

// From here on only what no connection of this worker has. First, what comes from
// nobody's address is dropped; a VIP is ours.
void DropMartians(Batch& batch);

// P5: follows a connection that another worker knows. A request, too: a SYN may be
// repeated on another queue.
void FollowOtherWorkers(Batch& batch, TargetLines& lines, WorkerId self,
                        std::span<const ConnectionTable* const> all_connections);

// P2: a client with an affinity goes to its owner.
void FollowAffinity(Batch& batch, TargetLines& lines, const AffinityTable& affinities,
                    WorkerCounters& counters);

// P4, and P5 for what is no request: the service's ring. Refuses when it is empty.
// AskRing(), before that, finds the places of unknown `packets` on it and asks memory for
// them.
void AskRing(Batch& batch, std::span<const PacketContext> packets, RingHasher ring_hasher);
void Balance(Batch& batch, TargetLines& lines);

// Puts what was decided since into the table (P5, P8).
void RememberConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                        WorkerCounters& counters);

// P6: a RST or port unreachable, as the service and the rate allow.
void AnswerRefused(Batch& batch, ReplyLimiter& limiter);

// Adds up what became of connection requests.
void CountRequests(Batch& batch, WorkerCounters& counters);

// Each packet that has a target, in the order of arrival: by the service's forwarding
// mode, or the target's, the target's MAC in, or other headers before; then it waits among
// the `departures` (by PortIndex). No neighbour or too long for the port: drop.
void Forward(Batch& batch, const TargetLines& lines, std::span<Departures> departures);
// Packet i, to a target or in a way that is not among the two that nearly all go (l2, and IPv4
// in IPv4, without VLAN tags). False: it was dropped.
[[gnu::noinline]] bool ForwardOtherwise(Batch& batch, const TunnelPath& path, std::size_t i);

// Sends and counts `departures`, and sends replies. A full queue: drop.
void Transmit(Batch& batch, const WorkerPorts& ports, std::span<Departures> departures,
              WorkerCounters& counters);

}  // namespace holdfast
