#include "rpc/affinity_stream.h"

#include <utility>

#include "rpc/find_by_name.h"
#include "rpc/to_wire.h"

namespace holdfast {
namespace {

// One of them lies in the other.
bool Meet(const IpPrefix& a, const IpPrefix& b) {
  return a.Contains(b.address) || b.Contains(a.address);
}

constexpr std::size_t kCellsInPage = 1024;

}  // namespace

AffinityStream::AffinityStream(ManagementLoop& loop, const TargetDirectory& directory,
                               const AffinityManager& affinities, ListRequest request)
    : directory_(directory),
      affinities_(affinities),
      request_(std::move(request)),
      visits_(loop, [this](const grpc::Status& status) { Finish(status); }) {
  visits_.Visit([this] { Begin(); });
}

void AffinityStream::Begin() {
  if (const auto checked = CheckNames(); !checked.ok()) return Finish(ToWire(checked));
  ReadPage();
}

void AffinityStream::ReadPage() {
  page_.clear();
  written_ = 0;
  next_ = affinities_.List(next_, kCellsInPage, [this](const AffinityListing& listing) {
    if (Matches(listing)) page_.push_back(listing);
  });
  WriteNext();
}

absl::Status AffinityStream::CheckNames() const {
  absl::Status checked;
  if (!request_.service.empty())
    checked.Update(FindByName("service", request_.service, directory_.Services()).status());
  if (!request_.target.empty())
    checked.Update(FindByName("target", request_.target, directory_.Targets()).status());
  return checked;
}

bool AffinityStream::Matches(const AffinityListing& listing) const {
  return (request_.service.empty() || listing.service == request_.service) &&
         (request_.target.empty() || listing.target == request_.target) &&
         (!request_.client || Meet(listing.cell.client_prefix(), *request_.client));
}

void AffinityStream::WriteNext() {
  if (written_ < page_.size()) {
    *response_.mutable_affinity() = ToWire(page_[written_++]);
    return StartWrite(&response_);
  }
  if (next_ != kNoRecord) return visits_.Visit([this] { ReadPage(); });
  Finish(grpc::Status::OK);
}

void AffinityStream::OnWriteDone(bool ok) {
  if (ok) return WriteNext();
  Finish(grpc::Status::CANCELLED);
}

}  // namespace holdfast
