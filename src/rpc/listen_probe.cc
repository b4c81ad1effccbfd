#include "rpc/listen_probe.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/stream_socket.h"

namespace holdfast {
namespace {

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

bool IsSocketFile(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
}

// The kernel refuses a connection to a socket file only when nobody listens on it.
bool IsStale(const std::string& path) {
  return IsSocketFile(path) &&
         StreamSocket(AF_UNIX).Connect(SocketAddress::Unix(path)) == ECONNREFUSED;
}

int BindUnix(const std::string& path) {
  if (IsStale(path)) unlink(path.c_str());
  const int error = TryToBind(SocketAddress::Unix(path));
  if (error == 0) unlink(path.c_str());
  return error;
}

int ErrorOf(const config::ListenAddress& listen) {
  return listen.unix_path.empty() ? TryToBind(SocketAddress::Tcp(listen.address, listen.port))
                                  : BindUnix(listen.unix_path);
}

}  // namespace

absl::Status ProbeListen(const config::ListenAddress& listen) {
  const int error = ErrorOf(listen);
  if (error == 0) return absl::OkStatus();
  return {absl::ErrnoToStatusCode(error),
          absl::StrCat("control.listen: '", listen.text,
                       "': ", std::generic_category().message(error), "; ", Remedy(listen, error))};
}

}  // namespace holdfast
