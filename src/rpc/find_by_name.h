// FindByName: an entry, or a NOT_FOUND that helps: which names there are.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/no_such_name.h"

namespace holdfast {

// `kind` is what the entries are: "target".
template <typename Entry>
absl::StatusOr<Entry> FindByName(absl::string_view kind, const std::string& name,
                                 const std::vector<Entry>& entries) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  if (found != entries.end()) return *found;
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return NoSuchName(kind, name, std::move(names));
}

}  // namespace holdfast
