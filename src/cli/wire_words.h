// The words for values of the wire: the same in tables and in JSON.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <string>

#include "absl/time/time.h"
#include "holdfast/v1/admin.pb.h"

namespace holdfast::cli {

// The name of an enum's value without the enum's own: "OWNED_BY_OTHER", "UP";
// protocols in lower case: "tcp". The number when this program is too old to
// know its name.
std::string WordFor(const google::protobuf::EnumDescriptor& type, int value);

template <typename Enum>
std::string WordFor(Enum value) {
  return WordFor(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

// "1h30m", "59s": whole seconds, rounded down.
std::string InWords(const google::protobuf::Duration& duration);

// "up", "up: HTTP status 500" after a failure that is not one too many, "down: connection refused".
std::string WordsFor(const v1::HealthStatus& health);
google::protobuf::Duration ToWire(absl::Duration duration);

}  // namespace holdfast::cli
