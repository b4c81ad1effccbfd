// Inquiry's steps: one for each stage of the workers.
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/own_address.h"
#include "control/affinity_wording.h"
#include "control/explanation_wording.h"
#include "control/inquiry.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

using Answer = Explanation::Answer;

std::string NameOf(WorkerId worker) { return absl::StrCat("worker ", Index(worker)); }

// The owner whom a worker would follow, or who refuses; and how many are passed over before.
struct Followed {
  const TargetView* owner = nullptr;
  bool refuses = false;
  std::size_t passed_over = 0;
};
Followed FollowIn(const AffinityTable& affinities, ServiceSlot slot, const FlowKey& flow,
                  const Snapshot& snapshot, bool is_request) {
  Followed followed;
  const auto owner =
      affinities.Find(slot, flow.client, flow.client_port, flow.vip_port, [&](TargetHandle handle) {
        const OwnerAnswer answer =
            AnswerOfOwner(snapshot.Find(handle), snapshot.service(slot), is_request);
        followed.refuses = answer == OwnerAnswer::kRefuses;
        if (answer != OwnerAnswer::kPassedOver) return true;
        ++followed.passed_over;
        return false;
      });
  if (owner) followed.owner = snapshot.Find(owner->target);
  return followed;
}

}  // namespace

void Inquiry::Offer(PacketRow row, const TargetView* target, Step step, std::string why) {
  const bool decides = is_open() && target != nullptr;
  if (decides) std::tie(target_, step_) = std::pair(target, step);
  const Answer if_any = decides ? Answer::kDecides : Answer::kNotReached;
  explanation_.findings.push_back({row, target == nullptr ? Answer::kNone : if_any,
                                   target == nullptr ? "" : target->name, std::move(why)});
}

void Inquiry::Note(PacketRow row, std::string why) {
  explanation_.findings.push_back({row, Answer::kNone, "", std::move(why)});
}

void Inquiry::Decline(PacketRow row, std::string why) {
  refused_ = true;
  explanation_.findings.push_back({row, Answer::kDecides, "", std::move(why)});
}

// P1, and P7 of the entry that it finds.
void Inquiry::FollowConnection() {
  const Known* const known = KnownBy(explanation_.worker);
  if (known == nullptr) {
    Note(PacketRow::kP1, NameOf(explanation_.worker) + " does not know the connection");
    return Note(PacketRow::kP7, "no entry of a target that is gone");
  }
  Offer(PacketRow::kP1, known->IsFollowed() ? known->target : nullptr, Step::kConnection,
        InWords(explanation_.connections[static_cast<std::size_t>(known - known_.data())],
                question_));
  if (known->target != nullptr) return Note(PacketRow::kP7, "the entry's target is there");
  if (known->begins_anew)
    return Note(PacketRow::kP7, "the entry's target is gone, but a new connection begins anyhow");
  if (IsRefusedWithItsTarget(question_.segment))
    return Decline(PacketRow::kP7,
                   "the connection's target is gone: its entry is freed, and the "
                   "packet is refused (P6)");
  Note(PacketRow::kP7,
       "the connection's target is gone: its entry is freed, and the SYN is a new "
       "connection request");
}

void Inquiry::DropMartian() {
  if (is_open() && IsFromNobody(question_.flow, snapshot_)) drop_ = DropReason::kMartianSource;
}

void Inquiry::FollowOtherWorkers() {
  const TargetView* target = nullptr;
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (known_[i].worker == explanation_.worker) continue;
    sentences.push_back(InWords(explanation_.connections[i], question_));
    if (target != nullptr || !known_[i].IsFollowed()) continue;
    target = known_[i].target;
    if (is_open()) original_ = ConnectionPhase(known_[i].sighting.entry.phase);
  }
  if (sentences.empty()) sentences.emplace_back("no other worker knows the connection");
  Offer(PacketRow::kP5, target, Step::kOtherWorker, absl::StrJoin(sentences, "; "));
}

void Inquiry::FollowAffinity() {
  const FlowKey& flow = question_.flow;
  const ServiceSlot slot = destination_.service();
  const AffinityTable& replica = *sources_.affinity_replicas[Index(explanation_.worker)];
  const Followed followed = FollowIn(replica, slot, flow, snapshot_, is_request_);
  std::vector<std::string> sentences;
  std::size_t number = 0;  // of those that the worker asks about their owners
  for (const AffinityManager::Match& match :
       sources_.affinities->MatchedBy({slot, flow.client, flow.client_port, flow.vip_port})) {
    const bool is_asked = !match.listing.cell.is_hole() && !match.excluded;
    const bool passed_over = is_asked && number < followed.passed_over;
    if (number <= followed.passed_over)
      sentences.push_back(absl::StrCat(
          InWords(match.listing), passed_over ? WhyPassedOver(snapshot_.Find(match.owner)) : "",
          match.excluded ? ": not for this client, it was cut out" : ""));
    explanation_.affinities.push_back({match.listing, passed_over, match.excluded});
    number += is_asked ? 1 : 0;
  }
  if (sentences.empty()) sentences.push_back(NoAffinityInWords(flow, service_->name));
  const std::string why = absl::StrJoin(sentences, "; then ");
  if (!followed.refuses) return Offer(PacketRow::kP2, followed.owner, Step::kAffinity, why);
  const std::string refusal =
      absl::StrCat(why, "; it drains, and the service has its clients refused (on_drain)");
  is_open() ? Decline(PacketRow::kP2, refusal) : Note(PacketRow::kP2, refusal);
}

void Inquiry::AnswerRefused() {
  if (is_open()) refused_ = true;
  if (drop_ || !refused_)
    return Note(PacketRow::kP6, drop_ ? "dropped before" : "there is a target");
  drop_ = DropReason::kNoTarget;
  auto& reply = explanation_.verdict.reply;
  reply = AnswerToRefused(service_->no_target, question_.flow.protocol, question_.segment,
                          IsFromBroadcast());
  explanation_.findings.push_back(
      {PacketRow::kP6, Answer::kDecides, "", absl::StrCat("no target: ", RefusalInWords(reply))});
}

void Inquiry::Remember() { Note(PacketRow::kP8, WhatToRemember()); }

std::string Inquiry::WhatToRemember() const {
  if (!is_decided()) return "nothing to remember";
  if (step_ == Step::kConnection) return "the connection is remembered already";
  const bool is_copy = step_ == Step::kOtherWorker;
  const auto phase = is_request_ && !is_copy
                         ? std::optional(FirstPhase(question_.flow.protocol))
                         : PhaseOfUnknown(question_.segment, is_copy ? &*original_ : nullptr);
  if (!phase) return "FIN and RST make no entry";
  const ConnectionTable& table = *sources_.connections[Index(explanation_.worker)];
  if (*phase == ConnectionPhase::kOpening &&
      !HasRoomForHalfOpen(table, snapshot_, destination_.service()))
    return absl::StrCat(NameOf(explanation_.worker), " has ", service_->max_half_open,
                        " half-open connections of the service, its max_half_open: this one goes "
                        "by the same way, but is not remembered");
  std::string words = absl::StrCat(NameOf(explanation_.worker), " remembers it as ", NameOf(*phase),
                                   is_copy ? ", a copy" : "", "; its table has ",
                                   table.size() + table.copies(), " entries of ", table.capacity());
  if (table.IsNearlyFull())
    absl::StrAppend(&words,
                    ": nearly full. Entries that prove nothing make room; where there are "
                    "none, this one goes by the same way, but is not remembered");
  return words;
}

Explanation::Verdict::Way Inquiry::WayTo(const TargetView& target, Step step) const {
  const Explainer::Port& port = sources_.ports[Index(target.port)];
  Explanation::Verdict::Way way{.step = step,
                                .target = target.name,
                                .address = target.address,
                                .forwarding = target.forwarding.value_or(destination_.forwarding()),
                                .port = port.name,
                                .gateway = target.gateway,
                                .mac = sources_.neighbours->Find(target.handle.slot()),
                                .source_mac = port.mac,
                                .outer_source = {},
                                .outer_destination = {}};
  if (way.forwarding == ForwardingMode::kL2) return way;
  if (way.forwarding == ForwardingMode::kGue) way.outer_port = target.gue_port;
  if (way.forwarding == ForwardingMode::kNat)
    way.outer_port = service_->target_port != 0 ? service_->target_port : question_.flow.vip_port;
  way.outer_source = OwnAddressFor(port.addresses, target.NextHop());
  way.outer_destination = target.address;
  return way;
}

// By nat, the end of a connection that nobody knows ends here.
bool Inquiry::OpensNoSession(ForwardingMode forwarding) const {
  const bool is_known = step_ == Step::kConnection || step_ == Step::kOtherWorker;
  return forwarding == ForwardingMode::kNat && !is_known &&
         (question_.segment.rst || question_.segment.fin);
}

void Inquiry::Conclude() {
  Explanation::Verdict& verdict = explanation_.verdict;
  using Outcome = Explanation::Outcome;
  if (target_ != nullptr) {
    verdict.way = WayTo(*target_, step_);
    if (OpensNoSession(verdict.way->forwarding)) drop_ = DropReason::kNatUnknown;
    if (!verdict.way->mac) drop_ = DropReason::kNoNeighbour;
  }
  for (const TargetView* target : candidates_)
    verdict.candidates.push_back(WayTo(*target, Step::kBalanced));
  verdict.drop = drop_;
  if (kernels_ != nullptr) {
    verdict.outcome = Outcome::kKernel;
    verdict.why = KernelInWords(kernels_->name, kernels_->kernel_interface);
    return;
  }
  verdict.outcome = refused_ ? Outcome::kRefused : drop_ ? Outcome::kDropped : Outcome::kForwarded;
  verdict.why = refused_ ? RefusalInWords(verdict.reply) : drop_ ? InWords(*drop_) : "";
  if (!verdict.candidates.empty()) verdict.why = CandidatesInWords(verdict.candidates);
  if (refused_ && service_ == nullptr)
    verdict.why = absl::StrCat("no service has this VIP's port: ", verdict.why);
  if (!verdict.way) return;
  const std::string way = InWords(*verdict.way);
  verdict.why = drop_ ? absl::StrCat(verdict.why, ": ", way) : absl::StrCat("to ", way);
}

}  // namespace holdfast
