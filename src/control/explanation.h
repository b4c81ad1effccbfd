// Explanation: what the balancer does with a packet, and what each row of P says of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "affinity/request.h"
#include "base/flow_key.h"
#include "base/ids.h"
#include "base/mac_address.h"
#include "base/segment_flags.h"
#include "stats/worker_counters.h"
#include "tables/connection_table.h"
#include "tables/snapshot.h"

namespace holdfast {

// A packet that nobody sent: well formed, without IP options, not too long for any port.
struct PacketQuestion {
  FlowKey flow;
  SegmentFlags segment;
  // Who receives it. None: the first worker that has its connection, or else worker 0; a
  // real packet's worker is the network card's choice.
  std::optional<WorkerId> worker;
};

enum class PacketRow : std::uint8_t { kP1, kP2, kP3, kP4, kP5, kP6, kP7, kP8 };
inline constexpr std::array<std::string_view, 8> kPacketRowNames = {"P1", "P2", "P3", "P4",
                                                                    "P5", "P6", "P7", "P8"};

struct Explanation {
  enum class Answer : std::uint8_t {
    kNone,        // the row does not concern this packet
    kDecides,     // what this row says is done
    kNotReached,  // it names a target, but what comes before it decides
  };
  // What a row says of the packet.
  struct Finding {
    PacketRow row{};
    Answer answer = Answer::kNone;
    std::string target;  // that the row names; "" for none, or when it cannot be known
    std::string why;     // a sentence
  };
  // What a worker's table has of the five-tuple.
  struct Connection {
    WorkerId worker{};
    ConnectionTable::Sighting sighting;
    bool begins_anew = false;  // the packet begins a new connection all the same
    std::string target;        // "" when it is gone (P7)
  };
  // An affinity that the packet's client and service match, or what was cut out of wider ones.
  struct Held {
    AffinityListing affinity;
    bool passed_over = false;  // its owner may not take the request
    bool excluded = false;     // its owner cut the request out of it (A12)
  };
  enum class Outcome : std::uint8_t {
    kForwarded,
    kRefused,  // P6: no target
    kDropped,
    kKernel,  // the kernel's, by the interface of a port
  };
  struct Verdict {
    Outcome outcome = Outcome::kDropped;
    std::string why;                 // a sentence
    std::optional<DropReason> drop;  // it is counted as; kRefused and kDropped
    std::optional<Reply> reply;      // kRefused: what its sender gets; none: nothing
    // Whoever it goes to, or would, if the MAC were known; none without a target.
    struct Way {
      Step step{};  // who decided
      std::string target;
      IpAddress address;
      ForwardingMode forwarding{};
      std::string port;                  // it leaves by
      std::optional<IpAddress> gateway;  // the neighbour that it goes to first; none: the target
      std::optional<MacAddress> mac;     // of the target; none: not resolved
      MacAddress source_mac;             // of the port
      // Of the outer header; by nat, of the packet as its target gets it. Not of kL2.
      IpAddress outer_source;
      IpAddress outer_destination;
      std::uint16_t outer_port = 0;  // kGue and kNat: where it goes
    };
    std::optional<Way> way;
    // kForwarded to one of these, in place of `way`: what decides is a worker's own (whose
    // turn it is). One without a MAC drops the packet, if it is that one.
    std::vector<Way> candidates;
  };

  std::string service;  // "" when there is none
  WorkerId worker{};    // who is taken to receive it
  // At least one for each row, in their order; none without a service. P5 has two where it
  // asks the ring: other workers' tables, then that.
  std::vector<Finding> findings;
  std::vector<Connection> connections;  // by worker
  std::vector<Held> affinities;         // most specific first, those that are not followed as well
  Verdict verdict;
};

}  // namespace holdfast
