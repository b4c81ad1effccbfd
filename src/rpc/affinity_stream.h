// AffinityStream: one ListAffinities call.
//
// Reads a page of cells in each visit to the management loop and writes it from
// gRPC's threads, so that neither a long list nor a slow reader holds the loop.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <vector>

#include "control/affinity_manager.h"
#include "control/management_loop.h"
#include "control/target_directory.h"
#include "holdfast/v1/affinity.pb.h"
#include "rpc/from_wire.h"
#include "rpc/loop_visits.h"

namespace holdfast {

class AffinityStream final : public grpc::ServerWriteReactor<v1::ListAffinitiesResponse> {
 public:
  // Begins at once; destroys itself when the call is done.
  AffinityStream(ManagementLoop& loop, const TargetDirectory& directory,
                 const AffinityManager& affinities, ListRequest request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override { visits_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  // On the loop.
  void Begin();
  void ReadPage();
  [[nodiscard]] absl::Status CheckNames() const;
  [[nodiscard]] bool Matches(const AffinityListing& listing) const;

  void WriteNext();

  const TargetDirectory& directory_;
  const AffinityManager& affinities_;
  const ListRequest request_;
  LoopVisits visits_;

  std::vector<AffinityListing> page_;
  std::size_t written_ = 0;  // of the page
  RecordId next_ = 0;        // where the next page begins; kNoRecord: it is the last page
  v1::ListAffinitiesResponse response_;
};

}  // namespace holdfast
