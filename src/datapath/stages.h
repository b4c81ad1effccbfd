// The path of a packet, stage by stage, in the order in which Worker runs them.
//
// A stage asks one question of every packet of the batch that its state concerns,
// and looks at no other. No stage locks, allocates or makes a system call of its own.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "datapath/batch.h"
#include "datapath/neighbour_event.h"
#include "datapath/reply_limiter.h"
#include "datapath/target_lines.h"
#include "datapath/worker_ports.h"
#include "tables/affinity_table.h"
#include "tables/connection_table.h"
#include "tables/snapshot.h"

namespace holdfast {

// What holds for one batch. The snapshot is taken after the packets were received,
// so that a packet which arrived after a change was acknowledged is judged by it.
struct Turn {
  const Snapshot* snapshot = nullptr;
  CoarseTick now;
  std::uint64_t cycles = 0;  // TSC
};

// Bytes to headers, or drop.
void Parse(Batch& batch);

// ARP and ICMP. Answers what is for our addresses and VIPs, drops the rest. What
// ARP says of others goes to the management core by `events`.
void AnswerLocally(Batch& batch, const Turn& turn, const WorkerPorts& ports,
                   NeighbourEventRing& events, WorkerCounters& counters);

// Five-tuple to service, or drop.
void ClassifyService(Batch& batch, const Turn& turn, const WorkerPorts& ports);

// P1: a known connection follows its target.
void FollowConnection(Batch& batch, const Turn& turn, const HashKey& key,
                      ConnectionTable& connections, WorkerCounters& counters);

// P5: so does one that another worker knows. A request, too: a SYN may be repeated
// on another queue.
void FollowOtherWorkers(Batch& batch, const Turn& turn, WorkerId self,
                        std::span<const ConnectionTable* const> all_connections);

// P2: a client with an affinity goes to its owner.
void FollowAffinity(Batch& batch, const Turn& turn, const AffinityTable& affinities,
                    WorkerCounters& counters);

// P4, and P5 for what is no request: the service's ring. Refuses when it is empty.
void Balance(Batch& batch, const Turn& turn, std::uint64_t ring_seed);

// Puts what was decided above into the table (P5, P8).
void RememberConnection(Batch& batch, const Turn& turn, ConnectionTable& connections,
                        WorkerCounters& counters);

// By the service's forwarding mode: the target's MAC in, or another IPv4 header
// before. No neighbour or too long for the port: drop.
void Rewrite(Batch& batch, const Turn& turn, TargetLines& lines);

// P6: a RST or port unreachable, as the service and the rate allow.
void AnswerRefused(Batch& batch, const Turn& turn, ReplyLimiter& limiter);

// Sends what is decided, and replies. A full queue: drop.
void Transmit(Batch& batch, const WorkerPorts& ports);

// Adds up services, targets and decisions.
void Account(Batch& batch, WorkerCounters& counters);

}  // namespace holdfast
