#include "config/mistake_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holdfast::config {
namespace {

// "services[0].vip" -> "services[0]" -> "services" -> "".
absl::string_view Around(absl::string_view field) {
  const std::size_t end = field.find_last_of(".[");
  return end == absl::string_view::npos ? absl::string_view() : field.substr(0, end);
}

}  // namespace

std::string Mistake::ToString() const {
  std::string text = file;
  if (line > 0) absl::StrAppend(&text, ":", line);
  if (!field.empty()) absl::StrAppend(&text, ": ", field);
  if (!value.empty()) absl::StrAppend(&text, ": '", value, "'");
  return absl::StrCat(text, ": ", rule);
}

std::string ElementPath(absl::string_view list, std::size_t index) {
  return absl::StrCat(list, "[", index, "]");
}

int MistakeLog::LineOf(absl::string_view field) const {
  for (; !field.empty(); field = Around(field))
    if (const auto found = lines_.find(field); found != lines_.end()) return found->second;
  return 0;
}

bool MistakeLog::IsSpoiled(absl::string_view field) const {
  for (; !field.empty(); field = Around(field))
    if (spoiled_.contains(field)) return true;
  return false;
}

void MistakeLog::Add(const std::string& field, absl::string_view value, absl::string_view rule) {
  AddAt(LineOf(field), field, value, rule);
}

void MistakeLog::AddAt(int line, const std::string& field, absl::string_view value,
                       absl::string_view rule) {
  if (IsSpoiled(field)) return;
  if (!field.empty()) spoiled_.insert(field);
  mistakes_.push_back({file_, line, field, std::string(value), std::string(rule)});
}

std::vector<Mistake> MistakeLog::InLineOrder() const {
  std::vector<Mistake> ordered = mistakes_;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
  return ordered;
}

}  // namespace holdfast::config
