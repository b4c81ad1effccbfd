#include <algorithm>

#include "rpc/admin_service.h"
#include "rpc/on_loop.h"
#include "rpc/to_wire.h"
#include "rpc/wire_fields.h"

namespace holdfast {
namespace {

v1::NeighbourState ToWire(NeighbourState state) {
  switch (state) {
    case NeighbourState::kIncomplete:
      return v1::NEIGHBOUR_STATE_INCOMPLETE;
    case NeighbourState::kReachable:
      return v1::NEIGHBOUR_STATE_REACHABLE;
    case NeighbourState::kStale:
      return v1::NEIGHBOUR_STATE_STALE;
    case NeighbourState::kFailed:
      return v1::NEIGHBOUR_STATE_FAILED;
    case NeighbourState::kStatic:
      return v1::NEIGHBOUR_STATE_STATIC;
  }
  return v1::NEIGHBOUR_STATE_UNSPECIFIED;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::ListNeighbours(grpc::CallbackServerContext* /*context*/,
                                                       const v1::ListNeighboursRequest* /*request*/,
                                                       v1::ListNeighboursResponse* response) {
  return OnLoop(*parts_.loop, [this, response] {
    for (const NeighbourView& neighbour : parts_.neighbourhood->Neighbours())
      *response->add_neighbours() = Describe(neighbour);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::FlushNeighbour(grpc::CallbackServerContext* context,
                                                       const v1::FlushNeighbourRequest* request,
                                                       v1::FlushNeighbourResponse* /*response*/) {
  const auto address = AddressFromWire("address", request->address());
  if (!address.ok()) return Answered(context, address.status());
  return OnLoop(*parts_.loop,
                [this, address = *address] { return parts_.neighbourhood->Flush(address); });
}

grpc::ServerUnaryReactor* AdminService::AnnounceVips(grpc::CallbackServerContext* context,
                                                     const v1::AnnounceVipsRequest* request,
                                                     v1::AnnounceVipsResponse* response) {
  std::optional<IpAddress> vip;
  if (!request->vip().empty()) {
    const auto address = AddressFromWire("vip", request->vip());
    if (!address.ok()) return Answered(context, address.status());
    vip = *address;
  }
  return OnLoop(*parts_.loop, [this, vip, response] {
    const auto announced = parts_.neighbourhood->Announce(vip);
    if (!announced.ok()) return announced.status();
    for (const Announced& each : *announced) {
      v1::AnnouncedAddress& wire = *response->add_announced();
      wire.set_address(each.address.ToString());
      wire.set_port(NameOf(each.port));
    }
    return absl::OkStatus();
  });
}

v1::Neighbour AdminService::Describe(const NeighbourView& neighbour) const {
  v1::Neighbour wire;
  wire.set_address(neighbour.address.ToString());
  wire.set_port(NameOf(neighbour.port));
  wire.set_state(ToWire(neighbour.state));
  if (neighbour.mac) wire.set_mac(neighbour.mac->ToString());
  *wire.mutable_age() = holdfast::ToWire(neighbour.age);
  for (const TargetHandle target : neighbour.targets)
    wire.add_targets(parts_.directory->TargetName(target));
  std::sort(wire.mutable_targets()->begin(), wire.mutable_targets()->end());
  return wire;
}

// Ports are fixed: the index stays right.
const std::string& AdminService::NameOf(PortIndex port) const {
  return parts_.configuration->now().ports[Index(port)].name;
}

}  // namespace holdfast
