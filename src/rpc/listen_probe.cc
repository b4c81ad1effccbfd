#include "rpc/listen_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

// A stream socket that is closed when it goes out of scope.
class Socket {
 public:
  explicit Socket(int family)
      : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  // 0 or errno.
  template <typename Address>
  int Bind(const Address& address) const {
    return Errno(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  template <typename Address>
  int Connect(const Address& address) const {
    return Errno(connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  // As gRPC does: what is left of old connections is no obstacle.
  void ReuseAddress() const {
    const int on = 1;
    setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }

 private:
  // Of the first call that failed: a descriptor that is none says nothing.
  [[nodiscard]] int Errno(int result) const {
    if (error_ != 0) return error_;
    return result == 0 ? 0 : errno;
  }

  const int descriptor_;
  const int error_ = descriptor_ < 0 ? errno : 0;
};

std::string Remedy(const config::ListenAddress& listen, int error) {
  switch (error) {
    case EADDRINUSE:
      return "another program, perhaps another holdfastd, listens there: stop it or choose another "
             "address";
    case EADDRNOTAVAIL:
      return "this machine does not have the address: add it to an interface or choose another";
    case EACCES:
      return listen.unix_path.empty()
                 ? "ports below 1024 need CAP_NET_BIND_SERVICE: grant it or choose another port"
                 : "make its directory writable for this user or choose another path";
    case ENOENT:
      return "its directory is missing: create it (systemd: RuntimeDirectory=) or choose another "
             "path";
    default:
      return "choose another address";
  }
}

int BindV4(const config::ListenAddress& listen) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listen.port);
  address.sin_addr.s_addr = htonl(listen.address.V4());
  const Socket socket(AF_INET);
  socket.ReuseAddress();
  return socket.Bind(address);
}

int BindV6(const config::ListenAddress& listen) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(listen.port);
  std::memcpy(&address.sin6_addr, listen.address.bytes().data(), sizeof address.sin6_addr);
  const Socket socket(AF_INET6);
  socket.ReuseAddress();
  return socket.Bind(address);
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool IsSocketFile(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
}

// The kernel refuses a connection to a socket file only when nobody listens on it.
bool IsStale(const std::string& path) {
  return IsSocketFile(path) && Socket(AF_UNIX).Connect(UnixAddress(path)) == ECONNREFUSED;
}

int BindUnix(const std::string& path) {
  if (IsStale(path)) unlink(path.c_str());
  const int error = Socket(AF_UNIX).Bind(UnixAddress(path));
  if (error == 0) unlink(path.c_str());
  return error;
}

int TryToBind(const config::ListenAddress& listen) {
  if (!listen.unix_path.empty()) return BindUnix(listen.unix_path);
  return listen.address.IsV4() ? BindV4(listen) : BindV6(listen);
}

}  // namespace

absl::Status ProbeListen(const config::ListenAddress& listen) {
  const int error = TryToBind(listen);
  if (error == 0) return absl::OkStatus();
  return {absl::ErrnoToStatusCode(error),
          absl::StrCat("control.listen: '", listen.text,
                       "': ", std::generic_category().message(error), "; ", Remedy(listen, error))};
}

}  // namespace holdfast
