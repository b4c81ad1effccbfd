// TableHeader: the first words of a table's memory. They say what the rest is, so
// that a process can tell whether the table that another one left is one that it may
// go on with (R of the semantics).
//
// A table's memory has no pointers: a copy of it anywhere is the same table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "base/ids.h"
#include "tables/flow_hash.h"

namespace holdfast {

enum class TableKind : std::uint32_t {
  kConnections = 1,
  kConnectionRecords = 2,
  kAffinities = 3,
  kClients = 4
};

// Which of all tables one is.
struct TableIdentity {
  TableKind kind = TableKind::kConnections;
  WorkerId owner{0};  // of kConnections and kConnectionRecords
  HashKey key;        // that its hashes are made with
};

// All of it must be what the process expects that goes on with the table.
struct TableHeader {
  std::uint64_t magic = 0;
  std::uint32_t layout_version = 0;  // of everything that follows; any change is a new one
  std::uint32_t kind = 0;            // TableKind
  std::uint32_t owner = 0;           // WorkerId
  std::uint32_t slots_per_bucket = 0;
  std::uint64_t bucket_count = 0;
  std::uint64_t bucket_bytes = 0;  // of all that this memory holds of one bucket's slots
  std::uint64_t key_check = 0;     // HashCheck()

  static TableHeader Of(const TableIdentity& identity, std::size_t bucket_count,
                        std::size_t bucket_bytes);
};

// The buckets begin after one line, which may hold more than the header.
inline constexpr std::size_t kTableHeaderLine = 64;
static_assert(sizeof(TableHeader) <= kTableHeaderLine);
std::size_t TableBytes(const TableHeader& header);

// OK if `memory` holds a table as `expected`. FAILED_PRECONDITION names what differs,
// its value and what it must be; the one way on is then to begin with an empty table.
// `memory` may be anything, of any size.
absl::Status CheckTable(std::span<const std::byte> memory, const TableHeader& expected);

}  // namespace holdfast
