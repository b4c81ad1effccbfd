// JSON of the balancer's messages, for scripts.
//
// As protobuf's own JSON with the names of the .proto file and with all fields
// that are not messages, but for what is awkward in scripts: every number is a
// number (not "5" for 64 bits), and an enum's value is the word of WordFor().
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace holdfast::cli {

// One line, without its end. Fields are in the order of the .proto file.
std::string ToJson(const google::protobuf::Message& message);

// {"name":[...]}
template <typename Messages>
std::string ToJsonList(absl::string_view name, const Messages& messages) {
  const auto append = [](std::string* out, const auto& message) { *out += ToJson(message); };
  return absl::StrCat("{\"", name, "\":[", absl::StrJoin(messages, ",", append), "]}");
}

}  // namespace holdfast::cli
