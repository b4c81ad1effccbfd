#include "config/balancing_fields.h"

#include "absl/strings/str_cat.h"
#include "base/ids.h"
#include "config/field_rules.h"

namespace holdfast::config {
namespace {

constexpr absl::Duration kLongestDeadline = absl::Hours(720);

OnDrain OnDrainOf(const v1::ServiceConfig& message) {
  switch (message.on_drain()) {
    case v1::ServiceConfig::ON_DRAIN_BREAK:
      return OnDrain::kBreak;
    case v1::ServiceConfig::ON_DRAIN_REFUSE:
      return OnDrain::kRefuse;
    default:
      return OnDrain::kHonor;
  }
}

v1::ServiceConfig::OnDrain ToMessage(OnDrain on_drain) {
  switch (on_drain) {
    case OnDrain::kBreak:
      return v1::ServiceConfig::ON_DRAIN_BREAK;
    case OnDrain::kRefuse:
      return v1::ServiceConfig::ON_DRAIN_REFUSE;
    case OnDrain::kHonor:
      break;
  }
  return v1::ServiceConfig::ON_DRAIN_HONOR;
}

std::string InWords(OnDrain on_drain) {
  switch (on_drain) {
    case OnDrain::kBreak:
      return "break";
    case OnDrain::kRefuse:
      return "refuse";
    case OnDrain::kHonor:
      break;
  }
  return "honor";
}

void CheckDeadline(const std::string& field, const v1::ServiceConfig& message, Service& service,
                   MistakeLog& log) {
  if (message.drain_deadline().empty()) return;
  const absl::Duration deadline =
      BoundedDuration(field, message.drain_deadline(), absl::ZeroDuration(),
                      {absl::Seconds(1), kLongestDeadline}, log);
  if (!log.IsSpoiled(field)) service.drain_deadline = deadline;
}

}  // namespace

BalancingMethod MethodOf(const v1::ServiceConfig& message) {
  // In the order of the messages' numbers, from 1 on; 0 is the default.
  static_assert(v1::ServiceConfig::METHOD_HOT_STANDBY ==
                static_cast<int>(BalancingMethod::kHotStandby) + 1);
  if (message.method() == v1::ServiceConfig::METHOD_UNSPECIFIED) return BalancingMethod::kMaglev;
  return static_cast<BalancingMethod>(message.method() - 1);
}

void CheckBalancing(const std::string& path, const v1::ServiceConfig& message, Service& service,
                    MistakeLog& log) {
  service.method = MethodOf(message);
  service.on_drain = OnDrainOf(message);
  CheckDeadline(path + ".drain_deadline", message, service, log);
  service.on_down =
      message.on_down() == v1::ServiceConfig::ON_DOWN_SUSPEND ? OnDown::kSuspend : OnDown::kEnd;
  if (message.has_panic_threshold())
    service.panic_threshold = static_cast<std::uint32_t>(
        BoundedNumber(path + ".panic_threshold", message.panic_threshold(), {0, kMaxTargets}, log));
  if (message.has_switch_back()) service.switch_back = message.switch_back();
}

void CheckMember(const std::string& element, const v1::ServiceTargetConfig& message,
                 ServiceTarget& member, MistakeLog& log) {
  const auto number = [&](const char* field, std::uint32_t value, Bounds<std::uint64_t> bounds) {
    return static_cast<std::uint32_t>(BoundedNumber(element + field, value, bounds, log));
  };
  if (message.has_weight()) member.weight = number(".weight", message.weight(), {0, 10000});
  if (message.has_rank()) member.rank = number(".rank", message.rank(), {1, 10000});
}

void BalancingToMessage(const Service& service, v1::ServiceConfig& message) {
  message.set_method(static_cast<v1::ServiceConfig::Method>(static_cast<int>(service.method) + 1));
  message.set_on_drain(ToMessage(service.on_drain));
  if (service.drain_deadline)
    message.set_drain_deadline(absl::FormatDuration(*service.drain_deadline));
  message.set_on_down(service.on_down == OnDown::kSuspend ? v1::ServiceConfig::ON_DOWN_SUSPEND
                                                          : v1::ServiceConfig::ON_DOWN_END);
  message.set_panic_threshold(service.panic_threshold);
  message.set_switch_back(service.switch_back);
}

std::vector<std::pair<const char*, std::string>> BalancingInWords(const Service& service) {
  return {{"method", std::string(NameOf(service.method))},
          {"on_drain", InWords(service.on_drain)},
          {"drain_deadline",
           service.drain_deadline ? absl::FormatDuration(*service.drain_deadline) : ""},
          {"on_down", service.on_down == OnDown::kSuspend ? "suspend" : "end"},
          {"panic_threshold", absl::StrCat(service.panic_threshold)},
          {"switch_back", service.switch_back ? "true" : "false"}};
}

}  // namespace holdfast::config
