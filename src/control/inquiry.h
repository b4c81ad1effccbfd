// Inquiry: one packet's way through the rows of P; Explainer's one question.
//
// Each step answers its row even when an earlier one has decided: an operator asks why it
// was not this one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/explainer.h"
#include "control/explanation.h"

namespace holdfast {

class Inquiry {
 public:
  // REQUIRES: question.worker exists, if it is given.
  Inquiry(const Explainer::Sources& sources, const PacketQuestion& question);

  Explanation Run() &&;

 private:
  // An entry of the five-tuple; its target, or nullptr when that is gone.
  struct Known {
    WorkerId worker{};
    ConnectionTable::Sighting sighting;
    bool begins_anew = false;
    const TargetView* target = nullptr;
    [[nodiscard]] bool IsFollowed() const { return !begins_anew && target != nullptr; }
  };

  // What no service is for: refused, dropped, or the kernel's.
  void EndWithoutService();
  // Of any port: which one it comes by is not asked.
  [[nodiscard]] bool IsFromBroadcast() const;
  // Who receives it, as far as its addresses tell.
  [[nodiscard]] const Explainer::Port& LikelyPort() const;
  void LookInTables();
  [[nodiscard]] WorkerId LikelyWorker() const;
  [[nodiscard]] const Known* KnownBy(WorkerId worker) const;

  // In the order of the workers' stages.
  void FollowConnection();
  void DropMartian();
  void FollowOtherWorkers();
  void FollowAffinity();
  void FollowAutomatic();
  void Balance();
  void AskMethod();
  void AnswerRefused();
  void Remember();
  void Conclude();

  // By method.
  void AskRing(PacketRow row);
  void AskTurns();
  void AskCounts();
  void AskForClient();
  // P4 names these, and cannot know which of them it will be. REQUIRES: not empty.
  void OfferOneOf(const std::vector<TargetHandle>& targets, std::string why);

  [[nodiscard]] bool is_decided() const { return target_ != nullptr || !candidates_.empty(); }
  [[nodiscard]] bool is_open() const { return !is_decided() && !refused_ && !drop_; }
  // The row names `target`, which gets the packet if nobody has decided.
  void Offer(PacketRow row, const TargetView* target, Step step, std::string why);
  void Note(PacketRow row, std::string why);
  void Decline(PacketRow row, std::string why);
  [[nodiscard]] std::string WhatToRemember() const;
  [[nodiscard]] bool OpensNoSession(ForwardingMode forwarding) const;
  [[nodiscard]] Explanation::Verdict::Way WayTo(const TargetView& target, Step step) const;

  const Explainer::Sources& sources_;
  const PacketQuestion& question_;
  const Snapshot& snapshot_;
  const Destination destination_;
  const ServiceView* const service_;  // nullptr: there is none
  const bool is_request_;
  std::vector<Known> known_;  // by worker
  Explanation explanation_;

  // What is decided.
  const TargetView* target_ = nullptr;
  std::vector<const TargetView*> candidates_;  // one of them, of which no one here can tell
  Step step_{};
  std::optional<ConnectionPhase> original_;  // of whose entry a copy is made
  bool refused_ = false;
  std::optional<DropReason> drop_;
  const Explainer::Port* kernels_ = nullptr;  // whose kernel interface gets it
};

}  // namespace holdfast
