#include "base/stream_socket.h"

#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast {

template <typename Address>
SocketAddress::SocketAddress(const Address& address) : size_(sizeof address) {
  static_assert(sizeof address <= sizeof storage_);
  std::memcpy(&storage_, &address, sizeof address);
}

SocketAddress SocketAddress::Tcp(const IpAddress& address, std::uint16_t port) {
  if (address.IsV4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(address.V4());
    return SocketAddress(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
  return SocketAddress(v6);
}

SocketAddress SocketAddress::Unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return SocketAddress(address);
}

StreamSocket::StreamSocket(int family)
    : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      error_(descriptor_ < 0 ? errno : 0) {
  const int on = 1;
  if (family != AF_UNIX) setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

StreamSocket::~StreamSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

int StreamSocket::Bind(const SocketAddress& address) const {
  return Errno(bind(descriptor_, address.get(), address.size()));
}

int StreamSocket::Connect(const SocketAddress& address) const {
  return Errno(connect(descriptor_, address.get(), address.size()));
}

int StreamSocket::Errno(int result) const {
  if (error_ != 0) return error_;
  return result == 0 ? 0 : errno;
}

int TryToBind(const SocketAddress& address) { return StreamSocket(address.family()).Bind(address); }

}  // namespace holdfast
