// A stream socket that only tries: may this address be listened on, does somebody
// listen there? Servers themselves are libraries'.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/ip_address.h"

namespace holdfast {

// SocketAddress: an address as the kernel takes it.
class SocketAddress {
 public:
  static SocketAddress Tcp(const IpAddress& address, std::uint16_t port);
  // REQUIRES: the path fits into sun_path (107 bytes).
  static SocketAddress Unix(const std::string& path);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }

 private:
  template <typename Address>
  explicit SocketAddress(const Address& address);

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// StreamSocket: closed when it goes out of scope. Never blocks. Both calls give 0
// or errno.
class StreamSocket {
 public:
  // As servers do: what is left of old connections is no obstacle to Bind().
  explicit StreamSocket(int family);
  ~StreamSocket();
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;

  int Bind(const SocketAddress& address) const;
  int Connect(const SocketAddress& address) const;

 private:
  [[nodiscard]] int Errno(int result) const;

  const int descriptor_;
  const int error_;  // of making it: what follows fails for that reason
};

// Binds for a moment. 0 or errno.
int TryToBind(const SocketAddress& address);

}  // namespace holdfast
