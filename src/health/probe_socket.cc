#include "health/probe_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "kernel/netlink.h"

namespace holdfast {
namespace {

constexpr int kPortsToTry = 64;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress AddressOf(const IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.IsV4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(address.V4());
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
    return result;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
  std::memcpy(&result.storage, &v6, sizeof v6);
  result.size = sizeof v6;
  return result;
}

absl::Status Refusal(const std::string& what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ErrnoText(error)));
}

bool Prepare(int descriptor, const std::string& interface) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  return setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                    static_cast<socklen_t>(interface.size())) == 0 &&
         setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0;
}

// Of the ports that come next, the first one that is free; 0: none, errno says why.
std::uint16_t Bind(int descriptor, const IpAddress& from, ProbeSocket::Ports& ports) {
  for (int i = 0; i < kPortsToTry; ++i) {
    const std::uint16_t port = ports.Next();
    const SocketAddress address = AddressOf(from, port);
    if (bind(descriptor, address.get(), address.size) == 0) return port;
    if (errno != EADDRINUSE) return 0;
  }
  return 0;
}

}  // namespace

absl::StatusOr<ProbeSocket> ProbeSocket::Connect(const ProbeOrder& order, Ports& ports,
                                                 ProbeTable& table) {
  const int family = order.vip.IsV4() ? AF_INET : AF_INET6;
  ProbeSocket opened(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (opened.descriptor_ < 0) return Refusal("the balancer has no socket for it", errno);
  if (!Prepare(opened.descriptor_, order.interface))
    return Refusal(absl::StrCat("interface '", order.interface, "' of the balancer"), errno);
  const std::uint16_t port = Bind(opened.descriptor_, order.from, ports);
  if (port == 0)
    return Refusal(absl::StrCat("address ", order.from.ToString(), " of the balancer"), errno);
  if (!order.target) table.Set(port, order.aim);
  const SocketAddress to = order.target ? AddressOf(order.target->address, order.target->port)
                                        : AddressOf(order.vip, order.check.port);
  if (connect(opened.descriptor_, to.get(), to.size) != 0 && errno != EINPROGRESS)
    return Refusal(absl::StrCat("no way to ", order.vip.ToString(), " from the balancer"), errno);
  return opened;
}

ProbeSocket::~ProbeSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

int ProbeSocket::TakeError() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace holdfast
