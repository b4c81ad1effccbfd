// IdLists: doubly linked lists of small numbers, whose links lie in one array beside what
// the numbers name. Many lists, each number in one of them at a time.
#pragma once

#include <cstdint>
#include <memory>

namespace holdfast {

class IdLists {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xffffffff;
  struct List {
    Id first = kNone;
  };

  // Of numbers below `count`. Memory is taken as they are used.
  explicit IdLists(std::size_t count) : links_(std::make_unique_for_overwrite<Link[]>(count)) {}

  // REQUIRES: `id` is in none of these lists.
  void Add(List& list, Id id) {
    links_[id] = {.before = kNone, .after = list.first};
    if (list.first != kNone) links_[list.first].before = id;
    list.first = id;
  }
  // REQUIRES: `id` is in `list`.
  void Remove(List& list, Id id) {
    const Link link = links_[id];
    (link.before == kNone ? list.first : links_[link.before].after) = link.after;
    if (link.after != kNone) links_[link.after].before = link.before;
  }
  [[nodiscard]] Id After(Id id) const { return links_[id].after; }

 private:
  struct Link {
    Id before;
    Id after;
  };
  std::unique_ptr<Link[]> links_;
};

}  // namespace holdfast
