// Inquiry's P4 and the last step of P5: by the service's method, or by its ring.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/explanation_wording.h"
#include "control/inquiry.h"
#include "tables/method_chooser.h"
#include "tables/packet_rules.h"

namespace holdfast {

// P4 for a request, P5 for all else.
void Inquiry::Balance() {
  if (!is_request_) {
    Note(PacketRow::kP4, "no connection request: nothing is balanced");
    return AskRing(PacketRow::kP5);
  }
  AskMethod();
  if (!service_->balancing.down.empty())
    absl::StrAppend(&explanation_.findings.back().why, DownInWords(*service_, snapshot_));
}

void Inquiry::AskMethod() {
  const BalancingView& balancing = service_->balancing;
  if (service_->ring.empty())
    return Note(PacketRow::kP4,
                absl::StrCat(std::string(NameOf(balancing.method)), ": ", kNobodyTakes));
  switch (balancing.method) {
    case BalancingMethod::kRoundRobin:
      return AskTurns();
    case BalancingMethod::kLeastConnections:
      return AskCounts();
    case BalancingMethod::kSourceHash:
      return AskForClient();
    default:
      return AskRing(PacketRow::kP4);
  }
}

void Inquiry::AskRing(PacketRow row) {
  const RingHasher hash(sources_.ring_seed);
  const std::uint16_t* const place = PlaceOnRing(service_->ring, hash, question_.flow);
  if (place == nullptr) return Note(row, absl::StrCat("the ring is empty: ", kNobodyTakes));
  const BalancingMethod method = service_->balancing.method;
  const std::string prefix =
      row == PacketRow::kP4 ? absl::StrCat(std::string(NameOf(method)), ": ") : "";
  Offer(row, snapshot_.Find(TargetHandle::FromRaw(*place)), StepOfRing(is_request_),
        absl::StrCat(prefix, "place ", MaglevRing::PlaceOf(hash.Of(question_.flow)), " of ",
                     MaglevRing::kSize, " on the service's ring"));
}

void Inquiry::AskForClient() {
  const IpAddress& client = question_.flow.client;
  const auto target = MethodChooser::PlaceOfClient(service_->ring, client, sources_.ring_seed);
  Offer(PacketRow::kP4, snapshot_.Find(*target), Step::kBalanced,
        absl::StrCat("source_hash: place ",
                     MaglevRing::PlaceOf(SourceHash(client, sources_.ring_seed)), " of ",
                     MaglevRing::kSize, " on the service's ring, whatever the ports"));
}

// The place that a worker has in the round is its own.
void Inquiry::AskTurns() {
  const TurnSchedule& turns = service_->balancing.turns;
  std::vector<TargetHandle> targets;
  for (std::uint32_t turn = 0; turn < turns.size(); ++turn)
    targets.push_back(TargetHandle::FromRaw(turns[turn]));
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  OfferOneOf(targets, absl::StrCat("round_robin: whose turn it is, the worker alone knows, of ",
                                   targets.size(), " targets"));
}

void Inquiry::AskCounts() {
  const auto connections_of = [this](std::uint16_t value) {
    return MethodChooser::ConnectionsOf(sources_.connections, TargetHandle::FromRaw(value));
  };
  std::vector<TargetHandle> least;
  for (const std::uint16_t value : service_->balancing.least.AllLeast(connections_of))
    least.push_back(TargetHandle::FromRaw(value));
  const auto connections = connections_of(static_cast<std::uint16_t>(least.front().raw()));
  if (least.size() == 1)
    return Offer(
        PacketRow::kP4, snapshot_.Find(least.front()), Step::kBalanced,
        absl::StrCat("least_connections: it has ", connections, " now, the fewest for its weight"));
  OfferOneOf(least, absl::StrCat("least_connections: ", least.size(),
                                 " targets have the fewest for their weights, as '",
                                 snapshot_.Find(least.front())->name, "' with ", connections,
                                 " now; whose turn it is, the worker alone knows"));
}

void Inquiry::OfferOneOf(const std::vector<TargetHandle>& targets, std::string why) {
  if (targets.size() == 1)
    return Offer(PacketRow::kP4, snapshot_.Find(targets.front()), Step::kBalanced, std::move(why));
  const bool decides = is_open();
  if (decides) {
    step_ = Step::kBalanced;
    for (const TargetHandle target : targets) candidates_.push_back(snapshot_.Find(target));
  }
  explanation_.findings.push_back(
      {PacketRow::kP4, decides ? Explanation::Answer::kDecides : Explanation::Answer::kNotReached,
       "", std::move(why)});
}

}  // namespace holdfast
