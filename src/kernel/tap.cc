#include "kernel/tap.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernel/interface_settings.h"
#include "kernel/netlink.h"

namespace holdfast {
namespace {

constexpr char kDevice[] = "/dev/net/tun";

absl::Status Error(const std::string& interface, const std::string& what, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("kernel interface '", interface, "': ", what, ErrnoText(error)));
}

// A descriptor of it. There must be none of this name yet: what another program made is
// not ours to take away.
absl::StatusOr<int> Open(const std::string& interface) {
  const int descriptor = open(kDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return Error(interface, absl::StrCat(kDevice, " cannot be opened"), errno);
  ifreq request{};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size() + 1);
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL);
  if (ioctl(descriptor, TUNSETIFF, &request) == 0) return descriptor;
  const int error = errno;
  close(descriptor);
  return Error(interface,
               error == EBUSY ? "there is one of this name already" : "it cannot be made", error);
}

NetlinkRequest ChangeOf(unsigned index, unsigned flags) {
  NetlinkRequest request(RTM_NEWLINK, 0);
  auto& link = request.AddBody<ifinfomsg>();
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = static_cast<int>(index);
  link.ifi_flags = link.ifi_change = flags;
  return request;
}

NetlinkRequest AdditionOf(const IpPrefix& prefix, unsigned index) {
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  auto& address = request.AddBody<ifaddrmsg>();
  address.ifa_family = FamilyOf(prefix.address);
  address.ifa_prefixlen = static_cast<std::uint8_t>(prefix.length);
  // The port answers for it already.
  address.ifa_flags = prefix.address.IsV4() ? 0 : IFA_F_NODAD;
  address.ifa_index = index;
  request.Add(IFA_LOCAL, prefix.address);
  request.Add(IFA_ADDRESS, prefix.address);
  if (const auto broadcast = prefix.Broadcast()) request.Add(IFA_BROADCAST, *broadcast);
  return request;
}

absl::Status SetUp(const Tap::Identity& identity) {
  auto netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  const auto done = [&](NetlinkRequest request, const std::string& what) {
    const int error = netlink->Do(request);
    return error == 0 ? absl::OkStatus() : Error(identity.interface, what, error);
  };
  const unsigned index = if_nametoindex(identity.interface.c_str());
  NetlinkRequest mac = ChangeOf(index, 0);
  mac.Add(IFLA_ADDRESS, identity.mac.bytes.data(), identity.mac.bytes.size());
  absl::Status status =
      done(mac, absl::StrCat("it refuses the MAC address ", identity.mac.ToString()));
  NetlinkRequest mtu = ChangeOf(index, 0);
  mtu.Add(IFLA_MTU, identity.mtu);
  status.Update(done(mtu, absl::StrCat("it refuses an MTU of ", identity.mtu)));
  status.Update(PrepareSharedInterface(identity.interface));
  for (const IpPrefix& address : identity.addresses)
    status.Update(done(AdditionOf(address, index),
                       absl::StrCat("it refuses the address ", address.ToString())));
  status.Update(done(ChangeOf(index, IFF_UP), "it does not come up"));
  return status;
}

}  // namespace

absl::StatusOr<Tap> Tap::Create(const Identity& identity) {
  const auto descriptor = Open(identity.interface);
  if (!descriptor.ok()) return descriptor.status();
  Tap tap(*descriptor, identity.interface);
  if (auto status = SetUp(identity); !status.ok()) return status;
  return tap;
}

Tap::Tap(int descriptor, std::string interface)
    : descriptor_(descriptor), interface_(std::move(interface)) {}

Tap::Tap(Tap&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), interface_(std::move(other.interface_)) {}

Tap::~Tap() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace holdfast
