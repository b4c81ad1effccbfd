#include "cli/wire_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "holdfast/v1/affinity.pb.h"

namespace holdfast::cli {

std::string WordFor(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* known = type.FindValueByNumber(value);
  if (known == nullptr) return absl::StrCat(value);
  // The first value of every enum is <PREFIX>UNSPECIFIED.
  const absl::string_view prefix = absl::StripSuffix(type.value(0)->name(), "UNSPECIFIED");
  const absl::string_view word = absl::StripPrefix(known->name(), prefix);
  return &type == v1::Protocol_descriptor() ? absl::AsciiStrToLower(word) : std::string(word);
}

std::string InWords(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(absl::Seconds(duration.seconds()));
}

std::string WordsFor(const v1::HealthStatus& health) {
  const std::string word = health.up() ? "up" : "down";
  return health.last_failure().empty() ? word : absl::StrCat(word, ": ", health.last_failure());
}

google::protobuf::Duration ToWire(absl::Duration duration) {
  google::protobuf::Duration wire;
  wire.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  wire.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(duration)));
  return wire;
}

}  // namespace holdfast::cli
