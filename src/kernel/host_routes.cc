#include "kernel/host_routes.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

// What of a route matters here.
struct Listed {
  std::uint8_t family = AF_UNSPEC;
  std::uint32_t table = RT_TABLE_UNSPEC;
  std::optional<IpAddress> address = std::nullopt;
};

std::optional<IpAddress> AddressOf(const nlattr& attribute, std::uint8_t family) {
  const std::size_t size = mnl_attr_get_payload_len(&attribute);
  const void* const bytes = mnl_attr_get_payload(&attribute);
  IpAddress::Bytes v6;
  std::uint32_t v4 = 0;
  if (family == AF_INET && size == sizeof v4) {
    std::memcpy(&v4, bytes, sizeof v4);
    return IpAddress::FromV4(__builtin_bswap32(v4));
  }
  if (family != AF_INET6 || size != v6.size()) return std::nullopt;
  std::memcpy(v6.data(), bytes, v6.size());
  return IpAddress::FromV6(v6);
}

Listed AttributesOf(const nlmsghdr& message, const rtmsg& route) {
  Listed listed{.family = route.rtm_family};
  const auto note = [](const nlattr* attribute, void* data) {
    auto& to = *static_cast<Listed*>(data);
    const std::uint16_t type = mnl_attr_get_type(attribute);
    if (type == RTA_TABLE) to.table = mnl_attr_get_u32(attribute);
    if (type == RTA_DST) to.address = AddressOf(*attribute, to.family);
    return MNL_CB_OK;
  };
  mnl_attr_parse(&message, sizeof(rtmsg), note, &listed);
  return listed;
}

// Ours, of an earlier run: to which VIP; nothing of other routes.
std::optional<Vip> StaleVip(const nlmsghdr& message, std::uint32_t table) {
  const auto& route = *static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
  if (message.nlmsg_type != RTM_NEWROUTE || route.rtm_protocol != HostRoutes::kProtocol ||
      route.rtm_type != RTN_UNREACHABLE)
    return std::nullopt;
  const Listed listed = AttributesOf(message, route);
  if (!listed.address || listed.table != table) return std::nullopt;
  return Vip(IpPrefix{*listed.address, route.rtm_dst_len});
}

}  // namespace

absl::StatusOr<HostRoutes> HostRoutes::Open(std::uint32_t table) {
  auto netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  HostRoutes routes(*std::move(netlink), table);
  for (const std::uint8_t family : {AF_INET, AF_INET6})
    if (auto status = routes.RemoveAll(family); !status.ok()) return status;
  return routes;
}

absl::Status HostRoutes::RemoveAll(std::uint8_t family) {
  NetlinkRequest request(RTM_GETROUTE, 0);
  request.AddBody<rtmsg>().rtm_family = family;
  std::vector<Vip> stale;
  const int error = netlink_.List(request, [&](const nlmsghdr& message) {
    if (const auto vip = StaleVip(message, table_)) stale.push_back(*vip);
  });
  // A kernel without IPv6 has none of its routes.
  if (error != 0 && error != EAFNOSUPPORT && error != EOPNOTSUPP)
    return absl::UnavailableError(
        absl::StrCat("the routes of kernel table ", table_, " cannot be listed", ErrnoText(error)));
  for (const Vip& vip : stale)
    if (auto status = Remove(vip); !status.ok()) return status;
  return absl::OkStatus();
}

absl::Status HostRoutes::Change(std::uint16_t type, std::uint16_t flags, const Vip& vip) {
  NetlinkRequest request(type, flags);
  auto& route = request.AddBody<rtmsg>();
  route.rtm_family = FamilyOf(vip.address());
  route.rtm_dst_len = static_cast<std::uint8_t>(vip.prefix().length);
  route.rtm_protocol = kProtocol;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNREACHABLE;
  request.Add(RTA_DST, vip.address());
  request.Add(RTA_TABLE, table_);
  const int error = netlink_.Do(request);
  const bool is_so_already = error == (type == RTM_NEWROUTE ? EEXIST : ESRCH);
  if (error == 0 || is_so_already) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the route to ", vip.ToString(), " in kernel table ", table_, " cannot be ",
                   type == RTM_NEWROUTE ? "added" : "removed", ErrnoText(error)));
}

absl::Status HostRoutes::Add(const Vip& vip) {
  return Change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, vip);
}

absl::Status HostRoutes::Remove(const Vip& vip) { return Change(RTM_DELROUTE, 0, vip); }

}  // namespace holdfast
