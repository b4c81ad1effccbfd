// Inquiry's P3: the client's other connections.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/explanation_wording.h"
#include "control/inquiry.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

// Why P3 does not even ask; "" when it does.
std::string WhyNotAsked(const ServiceView& service, const FlowKey& flow) {
  if (!service.automatic.on)
    return absl::StrCat("service '", service.name, "' has no automatic affinity");
  if (service.automatic.Covers(ClientPortOf(flow))) return "";
  return absl::StrCat("service '", service.name, "' has automatic affinity only for client ports ",
                      absl::StrJoin(service.automatic.client_ports.Texts(), ", "));
}

}  // namespace

void Inquiry::FollowAutomatic() {
  const FlowKey& flow = question_.flow;
  if (const std::string why = WhyNotAsked(*service_, flow); !why.empty())
    return Note(PacketRow::kP3, why);
  const ClientTable& clients = *sources_.clients;
  const CoarseTick now = sources_.now();
  const std::uint32_t linger = service_->automatic.linger;
  const auto pairs = clients.Find(clients.HashOf(destination_.service(), flow.client), now, linger);
  std::vector<std::string> sentences;
  const auto answer =
      FollowClient(pairs.all(), *service_, snapshot_, is_request_, [&](const ClientPair& pair) {
        const TargetView* const owner = snapshot_.Find(pair.target);
        sentences.push_back(absl::StrCat(InWords(pair, owner, now, linger),
                                         WhyPassedOver(owner, *service_, pair.target)));
      });
  const TargetView* owner = nullptr;
  if (answer.pair != nullptr) {
    owner = snapshot_.Find(answer.pair->target);
    sentences.push_back(InWords(*answer.pair, owner, now, linger));
  }
  if (sentences.empty())
    sentences.push_back(absl::StrCat("no connection to service '", service_->name, "'"));
  const std::string why =
      absl::StrCat("client ", flow.client.ToString(), ": ", absl::StrJoin(sentences, "; then "));
  if (!answer.refuses) return Offer(PacketRow::kP3, owner, Step::kAutomatic, why);
  const std::string refusal =
      absl::StrCat(why, "; it drains, and the service has its clients refused (on_drain)");
  is_open() ? Decline(PacketRow::kP3, refusal) : Note(PacketRow::kP3, refusal);
}

}  // namespace holdfast
