#include "base/port_set.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace holdfast {
namespace {

constexpr absl::string_view kEveryPort = "all";

std::optional<std::uint16_t> PortIn(absl::string_view text) {
  std::uint32_t port = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (!digits || !absl::SimpleAtoi(text, &port) || port < 1 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace

std::optional<PortRange> PortRange::Parse(absl::string_view text) {
  if (text == kEveryPort) return Every();
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(text, absl::MaxSplits('-', 1));
  const auto from = PortIn(ends.first);
  const auto to = text.find('-') == text.npos ? from : PortIn(ends.second);
  if (!from || !to || *from > *to) return std::nullopt;
  return PortRange(*from, *to);
}

std::string PortRange::ToString() const {
  if (IsEvery()) return std::string(kEveryPort);
  return IsOne() ? absl::StrCat(first) : absl::StrCat(first, "-", last);
}

PortSet::PortSet(std::vector<PortRange> ranges) : ranges_(std::move(ranges)) {
  std::sort(ranges_.begin(), ranges_.end(),
            [](PortRange a, PortRange b) { return a.first < b.first; });
}

bool PortSet::Contains(std::uint16_t port) const {
  const auto range = std::partition_point(ranges_.begin(), ranges_.end(),
                                          [port](PortRange each) { return each.last < port; });
  return range != ranges_.end() && range->Contains(port);
}

// One range of `other` may go over several that are next to each other here.
bool PortSet::Includes(const PortSet& other) const {
  auto own = ranges_.begin();
  for (const PortRange range : other.ranges_) {
    std::uint32_t next = range.first;
    while (next <= range.last) {
      while (own != ranges_.end() && own->last < next) ++own;
      if (own == ranges_.end() || own->first > next) return false;
      next = std::uint32_t{own->last} + 1;
    }
  }
  return true;
}

std::vector<std::string> PortSet::Texts() const {
  std::vector<std::string> texts;
  texts.reserve(ranges_.size());
  for (const PortRange range : ranges_) texts.push_back(range.ToString());
  return texts;
}

}  // namespace holdfast
