// ServiceBalancing: who of a service's targets takes new requests, and by which method; and
// what a target's states mean for its affinities there.
//
// Health
//   A target that is found to be down is down for this service, unless too few would be
//   left (panic_threshold): then those that were usable before stay so, and a target
//   that was down comes back only when it is found to be up. An empty set is worse than
//   any: where no usable target is left of those, health says nothing until one is.
//
// Thread: the management loop.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "absl/time/time.h"
#include "config/balancer_config.h"
#include "control/target_record.h"
#include "tables/snapshot.h"

namespace holdfast {

enum class Health : std::uint8_t { kUp, kDown };
// Who found it out. A target is up when none of them finds it down.
enum class HealthSource : std::uint8_t { kChecks, kOperator };

// What an affinity's owner is for the service.
enum class OwnerStanding : std::uint8_t {
  kHolds,    // it may hold affinities
  kDown,     // and the service ends those of targets that are down
  kDrained,  // it drains, and the service has its affinities end now
};

class ServiceBalancing {
 public:
  struct Member {
    // Configured.
    std::uint32_t weight = 0;
    std::uint32_t rank = 0;
    // Found out.
    std::uint8_t found_down = 0;  // a bit for each HealthSource
    bool drained = false;         // it drains, and the drain_deadline is over
    // Made of it by Rebuild().
    bool down = false;  // as workers see it
    bool takes = false;
    double share = 0;  // of new balanced requests
  };
  using Members = std::map<std::size_t, Member>;  // by target slot

  // Configure() would have other states end affinities, or others of them.
  [[nodiscard]] bool TreatsOwnersOtherwise(const config::Service& service) const;
  // `members` with what is configured; what was found out of those who were there stays.
  // True when anything is different: Rebuild() is due.
  bool Configure(const config::Service& service, Members members);
  // True when it changes what was found out. REQUIRES: `slot` is a member's.
  bool Find(std::size_t slot, Health health, HealthSource source);
  // Makes ring and method anew, after anything changed. `targets` by slot, of all members.
  // True when a target has become down.
  bool Rebuild(std::span<const TargetRecord> targets, std::uint64_t ring_seed);

  // After `age` of the target's drain; true when its affinities are to end now, and
  // before were not.
  bool NoteDrain(std::size_t slot, absl::Duration age);
  void EndDrain(std::size_t slot);
  // REQUIRES: `target` is a member.
  [[nodiscard]] OwnerStanding StandingOf(const TargetView& target) const;

  [[nodiscard]] const Members& members() const { return members_; }
  [[nodiscard]] BalancingMethod method() const { return policy_.method; }
  [[nodiscard]] const MaglevRing& ring() const { return ring_; }
  [[nodiscard]] BalancingView View(std::span<const TargetRecord> targets) const;
  // Health would leave too few targets, and how often that began.
  [[nodiscard]] bool in_panic() const { return in_panic_; }
  [[nodiscard]] std::uint64_t panics() const { return panics_; }

 private:
  struct Policy {
    BalancingMethod method = BalancingMethod::kMaglev;
    OnDrain on_drain = OnDrain::kHonor;
    std::optional<absl::Duration> drain_deadline;
    bool suspends_when_down = false;
    std::uint32_t panic_threshold = 1;
    bool switch_back = true;
    friend bool operator==(const Policy&, const Policy&) = default;
  };
  using Choices = std::vector<MaglevRing::Choice>;

  static Policy PolicyOf(const config::Service& service);
  bool JudgeHealth(std::span<const TargetRecord> targets);
  [[nodiscard]] std::size_t CountUsable(std::span<const TargetRecord> targets) const;
  [[nodiscard]] Choices UsableChoices(std::span<const TargetRecord> targets) const;
  void WeighByReports(std::span<const TargetRecord> targets, Choices& choices) const;
  void KeepActiveRank(Choices& choices) const;
  void NoteShares(const Choices& choices);

  Policy policy_;
  Members members_;
  MaglevRing ring_;
  TurnSchedule turns_;
  LeastConnections least_;
  bool in_panic_ = false;
  std::uint64_t panics_ = 0;
};

}  // namespace holdfast
