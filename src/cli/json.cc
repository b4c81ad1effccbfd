#include "cli/json.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <vector>

#include "cli/wire_words.h"

namespace holdfast::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kSingular = -1;  // the index of a field that does not repeat
constexpr char kNull[] = "null";

// Protobuf's JSON of a type for which it has a form of its own.
std::string WellKnown(const Message& message) {
  std::string json;
  return google::protobuf::util::MessageToJsonString(message, &json).ok() ? json : kNull;
}

std::string Quoted(const std::string& text) {
  google::protobuf::StringValue value;
  value.set_value(text);
  return WellKnown(value);
}

std::string InBase64(const std::string& bytes) {
  google::protobuf::BytesValue value;
  value.set_value(bytes);
  return WellKnown(value);
}

std::string TextOf(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  return index == kSingular ? reflection.GetString(message, &field)
                            : reflection.GetRepeatedString(message, &field, index);
}

std::string EnumWordOf(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  return WordFor(*field.enum_type(), index == kSingular
                                         ? reflection.GetEnumValue(message, &field)
                                         : reflection.GetRepeatedEnumValue(message, &field, index));
}

const Message& MessageIn(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  return index == kSingular ? reflection.GetMessage(message, &field)
                            : reflection.GetRepeatedMessage(message, &field, index);
}

std::string NumberOf(const Message& message, const FieldDescriptor& field, int index) {
  std::string number;
  google::protobuf::TextFormat::PrintFieldValueToString(message, &field, index, &number);
  const bool in_json = number != "nan" && number != "inf" && number != "-inf";
  return in_json ? number : kNull;
}

std::string ValueOf(const Message& message, const FieldDescriptor& field, int index) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES)
        return InBase64(TextOf(message, field, index));
      return Quoted(TextOf(message, field, index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Quoted(EnumWordOf(message, field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(MessageIn(message, field, index));
    default:
      return NumberOf(message, field, index);
  }
}

std::string ListOf(const Message& message, const FieldDescriptor& field) {
  const int size = message.GetReflection()->FieldSize(message, &field);
  std::vector<std::string> values;
  values.reserve(static_cast<std::size_t>(size));
  for (int i = 0; i < size; ++i) values.push_back(ValueOf(message, field, i));
  return absl::StrCat("[", absl::StrJoin(values, ","), "]");
}

std::string MapOf(const Message& message, const FieldDescriptor& field) {
  std::vector<std::string> members;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    const Message& entry = MessageIn(message, field, i);
    members.push_back(absl::StrCat(ValueOf(entry, *field.message_type()->map_key(), kSingular), ":",
                                   ValueOf(entry, *field.message_type()->map_value(), kSingular)));
  }
  std::sort(members.begin(), members.end());
  return absl::StrCat("{", absl::StrJoin(members, ","), "}");
}

std::string FieldOf(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) return MapOf(message, field);
  return field.is_repeated() ? ListOf(message, field) : ValueOf(message, field, kSingular);
}

bool IsAbsent(const Message& message, const FieldDescriptor& field) {
  return field.has_presence() && !message.GetReflection()->HasField(message, &field);
}

}  // namespace

std::string ToJson(const Message& message) {
  const auto& type = *message.GetDescriptor();
  if (&type == google::protobuf::Duration::descriptor() ||
      &type == google::protobuf::Timestamp::descriptor())
    return WellKnown(message);
  std::vector<std::string> members;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsAbsent(message, field)) continue;
    members.push_back(absl::StrCat(Quoted(field.name()), ":", FieldOf(message, field)));
  }
  return absl::StrCat("{", absl::StrJoin(members, ","), "}");
}

}  // namespace holdfast::cli
