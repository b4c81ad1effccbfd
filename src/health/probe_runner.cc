#include "health/probe_runner.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "health/http_check.h"
#include "kernel/netlink.h"
#include "kernel/on_link.h"

namespace holdfast {
namespace {

constexpr std::uint64_t kMailId = ~std::uint64_t{0};
constexpr std::size_t kEventsAtOnce = 64;

ProbeResult FailureOf(const ProbeOrder& order, int error) {
  if (error == ECONNREFUSED) return {order.id, ProbeOutcome::kRefused, "connection refused"};
  if (error == ECONNRESET) return {order.id, ProbeOutcome::kRefused, "connection reset"};
  if (error == ETIMEDOUT) return {order.id, ProbeOutcome::kTimeout, "no connection in time"};
  return {order.id, ProbeOutcome::kError, absl::StrCat("no connection", ErrnoText(error))};
}

}  // namespace

// What other threads leave for the runner's.
class ProbeRunner::Mailbox {
 public:
  Mailbox() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Mailbox() {
    if (wake_ >= 0) close(wake_);
  }
  struct Mail {
    std::vector<ProbeOrder> orders;
    std::vector<ProbeResult> answers;
    bool stop = false;
  };

  [[nodiscard]] int wake() const { return wake_; }
  template <typename Put>
  void Leave(Put put) {
    {
      const std::lock_guard lock(mutex_);
      put(mail_);
    }
    eventfd_write(wake_, 1);
  }
  Mail Take() {
    eventfd_t count = 0;
    eventfd_read(wake_, &count);
    const std::lock_guard lock(mutex_);
    return std::exchange(mail_, Mail{});
  }

 private:
  const int wake_;
  std::mutex mutex_;
  Mail mail_;  // guarded by mutex_
};

absl::StatusOr<std::unique_ptr<ProbeRunner>> ProbeRunner::Create(const Clock& clock,
                                                                 ProbeTable& table, Done done) {
  auto runner = std::unique_ptr<ProbeRunner>(new ProbeRunner(clock, table, std::move(done)));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kMailId}};
  if (runner->epoll_ < 0 || runner->mail_->wake() < 0 ||
      epoll_ctl(runner->epoll_, EPOLL_CTL_ADD, runner->mail_->wake(), &event) != 0)
    return absl::UnavailableError(absl::StrCat("health checks cannot begin", ErrnoText(errno)));
  runner->thread_ = std::thread([self = runner.get()] { self->Run(); });
  return runner;
}

ProbeRunner::ProbeRunner(const Clock& clock, ProbeTable& table, Done done)
    : clock_(clock),
      table_(table),
      done_(std::move(done)),
      mail_(std::make_shared<Mailbox>()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

ProbeRunner::~ProbeRunner() {
  mail_->Leave([](Mailbox::Mail& mail) { mail.stop = true; });
  if (thread_.joinable()) thread_.join();
  if (epoll_ >= 0) close(epoll_);
}

void ProbeRunner::Start(const ProbeOrder& order) {
  mail_->Leave([&order](Mailbox::Mail& mail) { mail.orders.push_back(order); });
}

void ProbeRunner::Run() {
  std::array<epoll_event, kEventsAtOnce> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), kEventsAtOnce, MillisecondsToWait());
    for (int i = 0; i < count; ++i)
      if (const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64; id != kMailId)
        GoOn(id);
    const Mailbox::Mail mail = mail_->Take();
    if (mail.stop) return;
    for (const ProbeResult& answer : mail.answers) End(answer);
    for (const ProbeOrder& order : mail.orders) Begin(order);
    EndOverdue();
  }
}

int ProbeRunner::MillisecondsToWait() const {
  if (deadlines_.empty()) return -1;
  const absl::Duration left = deadlines_.begin()->first - clock_.Now();
  return static_cast<int>(
      absl::ToInt64Milliseconds(std::clamp(left, absl::ZeroDuration(), absl::Hours(1))) + 1);
}

void ProbeRunner::Begin(const ProbeOrder& order) {
  const absl::Duration deadline = clock_.Now() + order.check.timeout;
  Check& check = checks_[order.id];
  check.order = order;
  check.deadline = deadline;
  deadlines_.emplace(deadline, order.id);
  if (!order.target && !on_link_[order.interface].contains(order.vip)) {
    if (const auto put = PutOnLink(order.vip, order.interface); !put.ok())
      return End({order.id, ProbeOutcome::kError, std::string(put.message())});
    on_link_[order.interface].insert(order.vip);
  }
  auto socket = ProbeSocket::Connect(order, ports_, table_);
  if (!socket.ok())
    return End({order.id, ProbeOutcome::kError, std::string(socket.status().message())});
  check.socket.emplace(*std::move(socket));
  epoll_event event{.events = EPOLLOUT, .data = {.u64 = order.id}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, check.socket->descriptor(), &event) != 0)
    End(FailureOf(order, errno));
}

void ProbeRunner::GoOn(std::uint64_t id) {
  const auto found = checks_.find(id);
  if (found == checks_.end() || !found->second.socket) return;
  Check& check = found->second;
  if (check.connected) return ReadHttp(check);
  if (const int error = check.socket->TakeError(); error != 0)
    return End(FailureOf(check.order, error));
  NoteConnected(check);
}

void ProbeRunner::NoteConnected(Check& check) {
  check.connected = true;
  if (check.order.check.type == config::HealthCheckType::kTcp)
    return End({check.order.id, ProbeOutcome::kOk, ""});
  if (check.order.check.type == config::HealthCheckType::kGrpc) return HandToGrpc(check);
  const std::string request = HttpRequestOf(check.order);
  const int descriptor = check.socket->descriptor();
  // A new connection has room for all of it.
  if (send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return End(FailureOf(check.order, errno));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = check.order.id}};
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) != 0) End(FailureOf(check.order, errno));
}

void ProbeRunner::ReadHttp(Check& check) {
  std::array<char, kLongestStatusLine> bytes;
  const ssize_t size = recv(check.socket->descriptor(), bytes.data(), bytes.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return End(FailureOf(check.order, errno));
  check.received.append(bytes.data(), static_cast<std::size_t>(size));
  if (const auto result = JudgeHttpAnswer(check.order, check.received, size == 0)) End(*result);
}

void ProbeRunner::HandToGrpc(Check& check) {
  const int descriptor = check.socket->descriptor();
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  check.socket->Release();
  check.socket.reset();
  check.grpc = std::make_unique<GrpcCheck>(
      check.order, descriptor, check.deadline - clock_.Now(),
      [mail = mail_](const ProbeResult& result) {
        mail->Leave([&result](Mailbox::Mail& box) { box.answers.push_back(result); });
      });
}

void ProbeRunner::EndOverdue() {
  const absl::Duration now = clock_.Now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Check& check = checks_.at(deadlines_.begin()->second);
    End({check.order.id, ProbeOutcome::kTimeout,
         check.connected ? "connected, but no answer in time" : "no connection in time"});
  }
}

// An answer of one that was overdue comes too late.
void ProbeRunner::End(const ProbeResult& result) {
  const auto found = checks_.find(result.id);
  if (found == checks_.end()) return;
  const ProbeResult kept = result;
  deadlines_.erase({found->second.deadline, kept.id});
  checks_.erase(found);
  done_(kept);
}

}  // namespace holdfast
