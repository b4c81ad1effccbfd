// FindByName: an entry, or a NOT_FOUND that helps: which names there are.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace holdfast {

// `kind` is what the entries are: "target". They are ordered by name.
template <typename Entry>
absl::StatusOr<Entry> FindByName(absl::string_view kind, const std::string& name,
                                 const std::vector<Entry>& entries) {
  // A message travels in a header, which gRPC limits to 8 KiB.
  constexpr std::size_t kMostShown = 16;
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  if (found != entries.end()) return *found;
  const auto shown =
      entries.begin() + static_cast<std::ptrdiff_t>(std::min(entries.size(), kMostShown));
  return absl::NotFoundError(absl::StrCat(
      "no ", kind, " is called '", absl::CHexEscape(name), "'; there are: ",
      absl::StrJoin(entries.begin(), shown, ", ",
                    [](std::string* out, const Entry& entry) { out->append(entry.name); }),
      shown == entries.end() ? "" : ", ..."));
}

}  // namespace holdfast
