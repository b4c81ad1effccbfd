// Nat: one worker's part of forwarding by nat (RFC 3022, RFC 4787, RFC 5382, RFC 5508): from
// clients to targets, and of the replies back.
//
// Both directions of a connection are its owner's: the worker that got its first packet, and
// from one of whose ports it goes on. What another worker receives of it is handed over.
// A session goes with the connection that it is of: the ConnectionTable says whether that lives,
// and replies keep it alive as the client's packets do.
//
// Replies go to the MAC, and by the port, that the client's last packet came from: no route to
// clients has to be known.
//
// Fragments: the first one has ports, and the session with them; the others need addresses alone.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/nat_ports.h"
#include "datapath/batch.h"
#include "datapath/departures.h"
#include "datapath/handover.h"
#include "datapath/target_lines.h"
#include "datapath/worker_ports.h"
#include "tables/connection_table.h"
#include "tables/nat_table.h"
#include "wire/address_translation.h"

namespace holdfast {

class Nat {
 public:
  // How often places of the table are looked at for sessions whose connections are gone, and
  // how many at once; and for how long such a one stays, so that its port rests.
  static constexpr std::uint64_t kSweepsPerSecond = 1000;
  static constexpr std::size_t kSweptAtOnce = 32;
  static constexpr std::uint32_t kLinger = 10;  // seconds

  struct Parts {
    NatPorts ports;             // none: nothing is forwarded by nat
    NatTable* table = nullptr;  // its own; nullptr without ports
    ConnectionTable& connections;
    const WorkerPorts& worker_ports;
    WorkerId self{};
    std::uint64_t cycles_per_second = 0;
    HashKey hash_key;
  };
  // What `parts` refers to, and `handover`, outlive it.
  Nat(const Parts& parts, Handover& handover)
      : parts_(parts), handover_(handover), departures_(parts.worker_ports.all().size()) {}

  [[nodiscard]] bool enabled() const { return parts_.ports.any(); }
  // Whether a packet for one of our addresses, at this port, is a reply (or about one).
  [[nodiscard]] bool TakesReplies(const IpAddress& to, std::uint16_t port) const {
    return parts_.ports.Have(port) && parts_.worker_ports.Own(to);
  }
  [[nodiscard]] bool TakesReplies(const Ipv4Tuple& flow) const;
  [[nodiscard]] WorkerId OwnerOf(std::uint16_t port) const { return parts_.ports.OwnerOf(port); }

  // Asks memory for where the sessions of flows are looked for; then for the sessions. Without
  // nat they do nothing.
  void AskForIndex(const Batch& batch) const;
  void AskForSessions(const Batch& batch) const;

  // Makes packet i of the flows, which goes to the target of `line`, one for that target, but for
  // its Ethernet header. False: it is dropped.
  bool ToTarget(Batch& batch, std::size_t i, const TargetLine& line);

  // Sends what targets sent back to their clients; or hands it over.
  void SendReturns(Batch& batch, WorkerCounters& counters);

  // Frees what is left of connections that are gone.
  void Sweep(const Turn& turn, WorkerCounters& counters);

 private:
  // A later fragment of a reply needs the session of its first one.
  struct RecentDatagram {
    std::uint64_t fingerprint = 0;
    FlowHash reply;  // of its session
  };
  static constexpr std::size_t kRecentDatagrams = 1024;

  // ---- to targets
  NatSession* SessionOf(Batch& batch, std::size_t i, const TargetView& target);
  NatSession* Begin(Batch& batch, std::size_t i, const TargetView& target);
  [[nodiscard]] const IpAddress& OwnAddressFor(const TargetView& target) const;
  bool PassiveToTarget(Batch& batch, std::size_t i, const TargetView& target);
  bool ErrorToTarget(Batch& batch, std::size_t i, const ParsedPacket& parsed);

  // ---- back. Packet i of those that came back.
  void SendReturn(Batch& batch, std::size_t i);
  NatSession* SessionOfReturn(const ReturnContext& packet);
  bool ToClient(Batch& batch, const ReturnContext& packet, const NatSession& session);
  static bool ErrorToClient(Batch& batch, rte_mbuf* mbuf, const Ends& reply,
                            EndsDifference difference);
  void Depart(std::size_t i, const ReturnContext& packet, const NatSession& session);
  void Transmit(Batch& batch, WorkerCounters& counters);
  // A reply is a sign of life of its connection.
  void NoteReply(NatSession& session, SegmentFlags segment, const Turn& turn);

  // ---- sessions
  // The connection is gone; under pressure, also one that is no more than a SYN.
  [[nodiscard]] bool IsOver(const NatSession& session, const Turn& turn) const;
  [[nodiscard]] bool MayGiveWay(const NatSession& session, const Turn& turn) const;

  const Parts parts_;
  Handover& handover_;
  std::vector<Departures> departures_;  // by PortIndex
  std::array<RecentDatagram, kRecentDatagrams> recent_{};
  std::uint64_t next_sweep_ = 0;  // TSC
};

}  // namespace holdfast
