#include "control/inquiry.h"

#include <algorithm>
#include <utility>

#include "base/own_address.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

std::string NameOf(const TargetView* target) { return target == nullptr ? "" : target->name; }

bool IsOwn(const IpAddress& address, const std::vector<Explainer::Port>& ports) {
  return std::any_of(ports.begin(), ports.end(), [&](const Explainer::Port& port) {
    return IsOwnAddress(port.addresses, address);
  });
}

}  // namespace

Inquiry::Inquiry(const Explainer::Sources& sources, const PacketQuestion& question)
    : sources_(sources),
      question_(question),
      snapshot_(sources.snapshots->Current()),
      destination_(snapshot_.Classify(question.flow)),
      service_(destination_.exists() ? &snapshot_.service(destination_.service()) : nullptr),
      is_request_(IsConnectionRequest(question.segment, question.flow.protocol)) {}

Explanation Inquiry::Run() && {
  if (service_ == nullptr) {
    explanation_.worker = question_.worker.value_or(WorkerId{0});
    EndWithoutService();
  } else {
    explanation_.service = service_->name;
    LookInTables();
    explanation_.worker = question_.worker.value_or(LikelyWorker());
    FollowConnection();
    DropMartian();
    FollowOtherWorkers();
    FollowAffinity();
    FollowAutomatic();
    Balance();
    AnswerRefused();
    Remember();
    std::stable_sort(explanation_.findings.begin(), explanation_.findings.end(),
                     [](const auto& a, const auto& b) { return a.row < b.row; });
  }
  Conclude();
  return std::move(explanation_);
}

void Inquiry::EndWithoutService() {
  const FlowKey& flow = question_.flow;
  if (IsMartianSource(flow.client, flow.vip)) {
    drop_ = DropReason::kMartianSource;
    return;
  }
  const Stray stray = JudgeStray(
      flow, question_.segment, snapshot_,
      [this](const IpAddress& address) { return IsOwn(address, sources_.ports); },
      [this](const IpAddress&) { return IsFromBroadcast(); });
  explanation_.verdict.reply = stray.reply;
  refused_ = stray.reply.has_value();
  const Explainer::Port& port = LikelyPort();
  const bool is_kernels = !refused_ && !port.kernel_interface.empty() &&
                          IsKernels(stray.reason, snapshot_.IsVip(flow.vip), /*to_group=*/false,
                                    snapshot_.no_service());
  if (is_kernels)
    kernels_ = &port;
  else
    drop_ = stray.reason;
}

bool Inquiry::IsFromBroadcast() const {
  return std::any_of(sources_.ports.begin(), sources_.ports.end(),
                     [this](const Explainer::Port& port) {
                       return IsBroadcastAddress(port.addresses, question_.flow.client);
                     });
}

const Explainer::Port& Inquiry::LikelyPort() const {
  const auto& ports = sources_.ports;
  auto found = std::find_if(ports.begin(), ports.end(), [&](const Explainer::Port& port) {
    return IsOwnAddress(port.addresses, question_.flow.vip);
  });
  if (found == ports.end())
    found = std::find_if(ports.begin(), ports.end(), [&](const Explainer::Port& port) {
      return std::any_of(port.addresses.begin(), port.addresses.end(), [&](const IpPrefix& subnet) {
        return subnet.Contains(question_.flow.client);
      });
    });
  return found == ports.end() ? ports.front() : *found;
}

void Inquiry::LookInTables() {
  const FlowHash hash = HashFlow(sources_.hash_key, question_.flow);
  const CoarseTick now = sources_.now();
  for (const ConnectionTable* table : sources_.connections) {
    const auto sighting = table->Sight(hash, now, snapshot_.timeouts().Of(destination_.service()));
    if (!sighting) continue;
    known_.push_back(
        {table->owner(), *sighting,
         BeginsAnew(question_.segment, question_.flow.protocol, sighting->entry, *service_),
         snapshot_.Find(sighting->entry.target)});
    const Known& known = known_.back();
    explanation_.connections.push_back(
        {known.worker, known.sighting, known.begins_anew, NameOf(known.target)});
  }
}

WorkerId Inquiry::LikelyWorker() const {
  for (const Known& known : known_)
    if (known.IsFollowed()) return known.worker;
  return known_.empty() ? WorkerId{0} : known_.front().worker;
}

const Inquiry::Known* Inquiry::KnownBy(WorkerId worker) const {
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const Known& known) { return known.worker == worker; });
  return found == known_.end() ? nullptr : &*found;
}

}  // namespace holdfast
