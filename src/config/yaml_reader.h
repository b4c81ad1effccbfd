// Reads YAML into a message of any schema, by the message's own description.
//
// A key is a field's name; a list is a repeated field; an enum value is written
// in lower case without its type's prefix (POLL_ADAPTIVE of Poll: "adaptive").
// A section or list without anything in it counts as empty. Maps are not read.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "config/mistake_log.h"
#include "google/protobuf/message.h"

namespace holdfast::config {

// The text of a file, or nothing and a mistake that says why it cannot be read.
std::optional<std::string> ReadFile(const std::string& path, MistakeLog& log);

// Fills `message`, records the line of every field that the text gives, and adds
// every mistake: syntax, unknown and repeated keys, wrong types, numbers that do
// not fit, unknown enum values. A field with a mistake has its default value; an
// element of a list with a mistake is there with its default value, so that
// indices are those of the file. Returns false when the text as a whole is of no
// use (a syntax error), so that its content cannot be judged.
bool ReadYaml(const std::string& text, google::protobuf::Message& message, MistakeLog& log);

// How a file names an enum value: "adaptive".
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);

}  // namespace holdfast::config
