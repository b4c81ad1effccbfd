// Netlink: questions to the kernel about interfaces, addresses and routes, and their
// answers (rtnetlink, in the network namespace of this process).
//
// Thread: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ip_address.h"

struct mnl_socket;
struct nlmsghdr;

namespace holdfast {

// A request while it is written: header, the body that its type wants, attributes.
class NetlinkRequest {
 public:
  // `flags`: beside NLM_F_REQUEST.
  NetlinkRequest(std::uint16_t type, std::uint16_t flags);

  // The body, all zero; before any attribute.
  template <typename Body>
  Body& AddBody() {
    return *static_cast<Body*>(AddBody(sizeof(Body)));
  }
  void Add(std::uint16_t attribute, std::uint32_t value);
  void Add(std::uint16_t attribute, const void* data, std::size_t size);
  // The four or sixteen bytes of the address.
  void Add(std::uint16_t attribute, const IpAddress& address);

  [[nodiscard]] nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }

 private:
  void* AddBody(std::size_t size);

  alignas(8) std::array<char, 512> buffer_{};
};

// AF_INET or AF_INET6.
std::uint8_t FamilyOf(const IpAddress& address);

// What the kernel, or the C library, says of an errno: " (No such device, errno 19)".
std::string ErrnoText(int error);

class Netlink {
 public:
  static absl::StatusOr<Netlink> Open();

  // 0 when the kernel has done it, else its errno. ETIMEDOUT: no answer in a second.
  [[nodiscard]] int Do(NetlinkRequest& request);
  // Asks for a list and calls `each` with every message of it; the same answers.
  [[nodiscard]] int List(NetlinkRequest& request, absl::FunctionRef<void(const nlmsghdr&)> each);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit Netlink(mnl_socket* socket) : socket_(socket) {}
  int Send(NetlinkRequest& request, std::uint16_t flags);
  int Receive(absl::FunctionRef<void(const nlmsghdr&)> each);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace holdfast
