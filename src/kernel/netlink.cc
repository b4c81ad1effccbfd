#include "kernel/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr std::size_t kAnswerSize = 32768;  // what the kernel fills at most, of a list

// Nobody waits for the kernel longer: the management loop has other work.
bool LimitWaiting(mnl_socket* socket) {
  const timeval second{.tv_sec = 1, .tv_usec = 0};
  return setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) ==
         0;
}

int ErrnoOfWaiting() { return errno == EAGAIN || errno == EWOULDBLOCK ? ETIMEDOUT : errno; }

}  // namespace

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr* const header = mnl_nlmsg_put_header(buffer_.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void* NetlinkRequest::AddBody(std::size_t size) {
  return mnl_nlmsg_put_extra_header(message(), size);
}

void NetlinkRequest::Add(std::uint16_t attribute, std::uint32_t value) {
  mnl_attr_put_u32(message(), attribute, value);
}

void NetlinkRequest::Add(std::uint16_t attribute, const void* data, std::size_t size) {
  mnl_attr_put(message(), attribute, size, data);
}

void NetlinkRequest::Add(std::uint16_t attribute, const IpAddress& address) {
  const IpAddress::Bytes& bytes = address.bytes();
  const std::size_t size = address.IsV4() ? 4 : bytes.size();
  Add(attribute, bytes.data() + bytes.size() - size, size);
}

std::uint8_t FamilyOf(const IpAddress& address) { return address.IsV4() ? AF_INET : AF_INET6; }

std::string ErrnoText(int error) {
  return absl::StrCat(" (", std::strerror(error), ", errno ", error, ")");
}

absl::StatusOr<Netlink> Netlink::Open() {
  Netlink netlink(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  mnl_socket* const socket = netlink.socket_.get();
  if (socket == nullptr || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0 ||
      !LimitWaiting(socket))
    return absl::UnavailableError(
        absl::StrCat("the kernel cannot be asked by netlink", ErrnoText(errno)));
  return netlink;
}

void Netlink::Close::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

int Netlink::Send(NetlinkRequest& request, std::uint16_t flags) {
  nlmsghdr* const message = request.message();
  message->nlmsg_flags = static_cast<std::uint16_t>(message->nlmsg_flags | flags);
  message->nlmsg_seq = ++sequence_;
  return mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0 ? errno : 0;
}

int Netlink::Do(NetlinkRequest& request) {
  const int sent = Send(request, NLM_F_ACK);
  return sent != 0 ? sent : Receive([](const nlmsghdr&) {});
}

int Netlink::List(NetlinkRequest& request, absl::FunctionRef<void(const nlmsghdr&)> each) {
  const int sent = Send(request, NLM_F_DUMP);
  return sent != 0 ? sent : Receive(each);
}

int Netlink::Receive(absl::FunctionRef<void(const nlmsghdr&)> each) {
  const auto call = [](const nlmsghdr* message, void* data) {
    (*static_cast<absl::FunctionRef<void(const nlmsghdr&)>*>(data))(*message);
    return MNL_CB_OK;
  };
  const unsigned port = mnl_socket_get_portid(socket_.get());
  alignas(8) std::array<char, kAnswerSize> answer;
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
    if (size < 0) return ErrnoOfWaiting();
    const int result =
        mnl_cb_run(answer.data(), static_cast<std::size_t>(size), sequence_, port, call, &each);
    // The late answer to a request that was given up has that one's sequence number.
    if (result < 0 && errno == EPROTO) continue;
    if (result < 0) return errno;
    if (result == MNL_CB_STOP) return 0;
  }
}

}  // namespace holdfast
