#include "config/yaml_reader.h"

#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/closest_word.h"

namespace holdfast::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

// What a mistake shows of a node; a list or a section has no short text.
std::string TextOf(const YAML::Node& node) { return node.IsScalar() ? node.Scalar() : ""; }

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

// NoTarget -> "NO_TARGET_".
std::string EnumPrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + "_";
}

// Zero is "unspecified", which is said by leaving the key out.
std::vector<std::string> EnumWords(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i)
    if (type.value(i)->number() != 0) words.push_back(EnumWord(*type.value(i)));
  return words;
}

bool IsWholeNumber(absl::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == absl::string_view::npos;
}

class Walk {
 public:
  explicit Walk(MistakeLog& log) : log_(log) {}

  void ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return Spoil(node, path, "must be a section of keys and values");
    absl::flat_hash_map<std::string, int> seen;
    for (const auto& entry : node) {
      const std::string key = TextOf(entry.first);
      const std::string key_path = path.empty() ? key : absl::StrCat(path, ".", key);
      const int line = LineOf(entry.first);
      const auto [first, fresh] = seen.emplace(key, line);
      if (!fresh) {
        log_.AddAt(line, key_path, "", absl::StrCat("repeated key; it is on line ", first->second));
        continue;
      }
      ReadKey(key, key_path, line, entry.second, message);
    }
  }

 private:
  void ReadKey(const std::string& key, const std::string& path, int line, const YAML::Node& value,
               Message& message) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
    if (field == nullptr) return ReportUnknown(key, path, line, *message.GetDescriptor());
    log_.RecordLine(path, line);
    if (field->is_repeated()) return ReadList(value, path, *field, message);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      return ReadMessage(value, path, *message.GetReflection()->MutableMessage(&message, field));
    ReadScalar(value, path, *field, message);
  }

  void ReportUnknown(const std::string& key, const std::string& path, int line,
                     const Descriptor& type) {
    const std::vector<std::string> known = FieldNames(type);
    const std::string closest = ClosestWord(key, known);
    log_.AddAt(line, path, "",
               closest.empty() ? absl::StrCat("unknown key; known are ", absl::StrJoin(known, ", "))
                               : absl::StrCat("unknown key; did you mean '", closest, "'?"));
  }

  void ReadList(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                Message& message) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) return Spoil(node, path, "must be a list");
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string element = ElementPath(path, i);
      log_.RecordLine(element, LineOf(node[i]));
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        ReadMessage(node[i], element, *message.GetReflection()->AddMessage(&message, &field));
      else
        ReadScalar(node[i], element, field, message);
    }
  }

  void ReadScalar(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                  Message& message) {
    const auto& reflection = *message.GetReflection();
    const auto store = [&](auto set, auto add, auto value) {
      (reflection.*(field.is_repeated() ? add : set))(&message, &field, value);
    };
    using R = google::protobuf::Reflection;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return store(&R::SetInt32, &R::AddInt32, Number<std::int32_t>(node, path));
      case FieldDescriptor::CPPTYPE_INT64:
        return store(&R::SetInt64, &R::AddInt64, Number<std::int64_t>(node, path));
      case FieldDescriptor::CPPTYPE_UINT32:
        return store(&R::SetUInt32, &R::AddUInt32, Number<std::uint32_t>(node, path));
      case FieldDescriptor::CPPTYPE_UINT64:
        return store(&R::SetUInt64, &R::AddUInt64, Number<std::uint64_t>(node, path));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return store(&R::SetDouble, &R::AddDouble, Fraction(node, path));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return store(&R::SetFloat, &R::AddFloat, static_cast<float>(Fraction(node, path)));
      case FieldDescriptor::CPPTYPE_BOOL:
        return store(&R::SetBool, &R::AddBool, Truth(node, path));
      case FieldDescriptor::CPPTYPE_STRING:
        return store(&R::SetString, &R::AddString, Text(node, path));
      case FieldDescriptor::CPPTYPE_ENUM:
        return store(&R::SetEnumValue, &R::AddEnumValue,
                     EnumNumber(node, path, *field.enum_type()));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return;  // ReadKey and ReadList send messages to ReadMessage
    }
  }

  // False, and a mistake, when the node is no single value.
  bool IsValue(const YAML::Node& node, const std::string& path) {
    if (node.IsScalar()) return true;
    Spoil(node, path,
          node.IsNull() ? "has no value; leave the key out for the default"
                        : "must be a single value");
    return false;
  }

  std::string Text(const YAML::Node& node, const std::string& path) {
    return IsValue(node, path) ? node.Scalar() : "";
  }

  template <typename Integer>
  Integer Number(const YAML::Node& node, const std::string& path) {
    Integer number = 0;
    if (!IsValue(node, path) || absl::SimpleAtoi(node.Scalar(), &number)) return number;
    using Limits = std::numeric_limits<Integer>;
    Spoil(node, path,
          IsWholeNumber(node.Scalar())
              ? absl::StrCat("must be ", Limits::min(), " to ", Limits::max())
              : "must be a whole number");
    return 0;
  }

  double Fraction(const YAML::Node& node, const std::string& path) {
    double number = 0;
    if (!IsValue(node, path) || absl::SimpleAtod(node.Scalar(), &number)) return number;
    Spoil(node, path, "must be a number");
    return 0;
  }

  bool Truth(const YAML::Node& node, const std::string& path) {
    if (!IsValue(node, path)) return false;
    if (node.Scalar() != "true" && node.Scalar() != "false")
      Spoil(node, path, "must be true or false");
    return node.Scalar() == "true";
  }

  int EnumNumber(const YAML::Node& node, const std::string& path, const EnumDescriptor& type) {
    if (!IsValue(node, path)) return 0;
    for (int i = 0; i < type.value_count(); ++i) {
      const EnumValueDescriptor& value = *type.value(i);
      if (value.number() != 0 && EnumWord(value) == node.Scalar()) return value.number();
    }
    Spoil(node, path, absl::StrCat("must be one of: ", absl::StrJoin(EnumWords(type), ", ")));
    return 0;
  }

  void Spoil(const YAML::Node& node, const std::string& path, absl::string_view rule) {
    log_.Add(path, TextOf(node), rule);
  }

  MistakeLog& log_;
};

}  // namespace

std::string EnumWord(const EnumValueDescriptor& value) {
  absl::string_view word = value.name();
  const std::string prefix = EnumPrefix(*value.type());
  if (word.substr(0, prefix.size()) == prefix) word.remove_prefix(prefix.size());
  return absl::AsciiStrToLower(word);
}

std::optional<std::string> ReadFile(const std::string& path, MistakeLog& log) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"),
                                                             &std::fclose);
  std::string text;
  char block[4096];
  std::size_t got = 0;
  while (file != nullptr && (got = std::fread(block, 1, sizeof block, file.get())) > 0)
    text.append(block, got);
  if (file != nullptr && std::ferror(file.get()) == 0) return text;
  log.AddAt(0, "", "", absl::StrCat("cannot be read: ", std::strerror(errno)));
  return std::nullopt;
}

bool ReadYaml(const std::string& text, Message& message, MistakeLog& log) {
  const auto refuse = [&log](int line, absl::string_view rule) {
    log.AddAt(line, "", "", rule);
    return false;
  };
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      return refuse(LineOf(documents[1]), "a second YAML document; there must be one");
    if (documents.empty()) return true;
    if (!documents[0].IsNull() && !documents[0].IsMap())
      return refuse(LineOf(documents[0]), "must be a section of keys and values");
    Walk(log).ReadMessage(documents[0], "", message);
    return true;
  } catch (const YAML::Exception& error) {
    return refuse(error.mark.line + 1, absl::StrCat("not YAML: ", error.msg));
  }
}

}  // namespace holdfast::config
