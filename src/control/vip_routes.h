// VipRoutes: a route to each VIP that has a usable target, where a routing daemon finds
// them: it announces what stands there. A VIP is usable while the ring of at least one of
// its services has a target.
//
// Thread: the management loop.
#pragma once

#include <functional>
#include <set>

#include "absl/status/status.h"
#include "base/vip.h"
#include "tables/snapshot.h"

namespace holdfast {

class VipRoutes {
 public:
  // Where routes are kept.
  struct Table {
    std::function<absl::Status(const Vip&)> add;
    std::function<absl::Status(const Vip&)> remove;
  };
  explicit VipRoutes(Table table) : table_(std::move(table)) {}
  ~VipRoutes() { Withdraw(); }
  VipRoutes(const VipRoutes&) = delete;
  VipRoutes& operator=(const VipRoutes&) = delete;

  // Takes over which VIPs are usable. What changes is logged, and what fails.
  void Follow(const Snapshot& snapshot);
  // Tries again what has failed; about once a second.
  void Retry() { Reconcile(); }
  // No VIP is to be reached any more.
  void Withdraw();

 private:
  void Reconcile();
  // Says whether it is done; logs a change, and the first of failures in a row.
  bool Change(const char* what, const std::function<absl::Status(const Vip&)>& change,
              const Vip& vip);

  const Table table_;
  std::set<Vip> wanted_;
  std::set<Vip> standing_;
  bool failing_ = false;
};

}  // namespace holdfast
