// The sentences of explanations.
#pragma once

#include <string>
#include <vector>

#include "control/explanation.h"

namespace holdfast {

std::string NameOf(ConnectionPhase phase);  // "established" ...
// "a SYN", "a data packet", "a datagram" ...
std::string PacketInWords(const PacketQuestion& question);
// "worker 1 has it as established, idle for 3s of 2h10m8s".
std::string InWords(const Explanation::Connection& connection, const PacketQuestion& question);
// Why a row names nobody: "no affinity of client 198.51.100.7 port 40000 at service 'web'".
std::string NoAffinityInWords(const FlowKey& flow, const std::string& service);
// "target 'web-2' (10.0.0.12) by step affinity: ...".
std::string InWords(const Explanation::Verdict::Way& way);
// "to one of 'web-1', 'web-2'"
std::string CandidatesInWords(const std::vector<Explanation::Verdict::Way>& candidates);
// "; down by health: 'web-2'"
std::string DownInWords(const ServiceView& service, const Snapshot& snapshot);

inline constexpr char kNobodyTakes[] =
    "no target takes new connections: each drains, is down, or has weight or capacity 0";
// Why P2 passes an affinity over; `owner` is nullptr when it is gone.
std::string WhyPassedOver(const TargetView* owner);
// The same of P3, where a target may have left the service's set.
std::string WhyPassedOver(const TargetView* owner, const ServiceView& service, TargetHandle target);
// What a client has at a target: "3 connections to 'web-2'", "none to 'web-2' since 5s, lingers
// for 30s".
std::string InWords(const ClientPair& pair, const TargetView* target, CoarseTick now,
                    std::uint32_t linger);
std::string InWords(DropReason reason);
std::string KernelInWords(const std::string& port, const std::string& interface);
std::string RefusalInWords(const std::optional<Reply>& reply);

}  // namespace holdfast
