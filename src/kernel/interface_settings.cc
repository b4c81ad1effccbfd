#include "kernel/interface_settings.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "kernel/netlink.h"

namespace holdfast {
namespace {

std::string PathOf(const std::string& family, const std::string& interface,
                   const std::string& name) {
  return absl::StrCat("/proc/sys/net/", family, "/conf/", interface, "/", name);
}

absl::Status Set(const std::string& path, const std::string& value) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool written =
      file >= 0 && write(file, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  const int error = errno;
  if (file >= 0) close(file);
  if (written) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, " cannot be set to ", value, ErrnoText(error)));
}

// A kernel without IPv6 has nothing to be told.
absl::Status SetIpv6(const std::string& interface, const std::string& name,
                     const std::string& value) {
  const std::string path = PathOf("ipv6", interface, name);
  return access(path.c_str(), F_OK) == 0 ? Set(path, value) : absl::OkStatus();
}

// The kernel checks by the larger one of this and the interface's own: 1 would be strict.
bool ChecksSourcesEverywhere() {
  int value = 0;
  std::ifstream(PathOf("ipv4", "all", "rp_filter")) >> value;
  return value != 0;
}

}  // namespace

absl::Status PrepareSharedInterface(const std::string& interface) {
  absl::Status status =
      Set(PathOf("ipv4", interface, "rp_filter"), ChecksSourcesEverywhere() ? "2" : "0");
  status.Update(Set(PathOf("ipv4", interface, "arp_announce"), "2"));
  status.Update(SetIpv6(interface, "accept_ra", "0"));
  return status;
}

absl::Status SilenceInterfaceUnderPort(const std::string& interface) {
  absl::Status status = Set(PathOf("ipv4", interface, "rp_filter"), "1");
  status.Update(SetIpv6(interface, "disable_ipv6", "1"));
  return status;
}

}  // namespace holdfast
