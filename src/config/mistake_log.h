// MistakeLog: every mistake of one file, and where its fields stand.
//
// A field is named by its path from the top: "services[0].vip". The YAML reader
// records on which line each one stands; the rules name fields only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "config/mistake.h"

namespace holdfast::config {

// "services" and 0: "services[0]".
std::string ElementPath(absl::string_view list, std::size_t index);

class MistakeLog {
 public:
  explicit MistakeLog(std::string file) : file_(std::move(file)) {}

  void RecordLine(const std::string& field, int line) { lines_.emplace(field, line); }
  // True when the file gives this field.
  [[nodiscard]] bool Has(const std::string& field) const { return lines_.contains(field); }
  // The line of the field, or of the nearest field around it; 0 when there is none.
  [[nodiscard]] int LineOf(absl::string_view field) const;

  // A field has at most one mistake, the first; a field around which one was
  // found (a section that is no section) gets none of its own.
  void Add(const std::string& field, absl::string_view value, absl::string_view rule);
  void AddAt(int line, const std::string& field, absl::string_view value, absl::string_view rule);
  // True when the field, or one around it, has a mistake: its value means nothing.
  [[nodiscard]] bool IsSpoiled(absl::string_view field) const;

  [[nodiscard]] bool empty() const { return mistakes_.empty(); }
  [[nodiscard]] std::vector<Mistake> InLineOrder() const;

 private:
  std::string file_;
  absl::flat_hash_map<std::string, int> lines_;
  absl::flat_hash_set<std::string> spoiled_;
  std::vector<Mistake> mistakes_;
};

}  // namespace holdfast::config
