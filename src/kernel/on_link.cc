#include "kernel/on_link.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/mac_address.h"
#include "kernel/host_routes.h"
#include "kernel/netlink.h"

namespace holdfast {
namespace {

// Nobody's: locally administered.
constexpr MacAddress kAnyMac{{0x02, 0x48, 0x46, 0, 0, 1}};

NetlinkRequest NeighbourOf(const IpAddress& address, unsigned interface) {
  NetlinkRequest request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  auto& neighbour = request.AddBody<ndmsg>();
  neighbour.ndm_family = FamilyOf(address);
  neighbour.ndm_ifindex = static_cast<int>(interface);
  neighbour.ndm_state = NUD_PERMANENT;
  request.Add(NDA_DST, address);
  request.Add(NDA_LLADDR, kAnyMac.bytes.data(), kAnyMac.bytes.size());
  return request;
}

NetlinkRequest RouteTo(const IpAddress& address, unsigned interface) {
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  auto& route = request.AddBody<rtmsg>();
  route.rtm_family = FamilyOf(address);
  route.rtm_dst_len = static_cast<std::uint8_t>(address.HostPrefixLength());
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = HostRoutes::kProtocol;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNICAST;
  request.Add(RTA_DST, address);
  request.Add(RTA_OIF, static_cast<std::uint32_t>(interface));
  return request;
}

}  // namespace

absl::Status PutOnLink(const IpAddress& address, const std::string& interface) {
  const unsigned index = if_nametoindex(interface.c_str());
  auto netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  NetlinkRequest neighbour = NeighbourOf(address, index);
  int error = netlink->Do(neighbour);
  if (error == 0 && !address.IsV4()) {
    NetlinkRequest route = RouteTo(address, index);
    error = netlink->Do(route);
    if (error == EEXIST) error = 0;
  }
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the kernel cannot be told to send ",
                                             address.ToString(), " by ", interface,
                                             ErrnoText(error)));
}

}  // namespace holdfast
