#include "tables/table_header.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "tables/bucket_array.h"

namespace holdfast {
namespace {

constexpr std::uint64_t kMagic = 0x484F4C4446415354;  // "HOLDFAST"
constexpr std::uint32_t kLayoutVersion = 6;

absl::Status Refused(absl::string_view what, std::uint64_t value, absl::string_view rule,
                     std::uint64_t limit) {
  return absl::FailedPreconditionError(absl::StrCat("table memory: ", what, " is ", value,
                                                    ", must be ", rule, limit,
                                                    ": begin with an empty table"));
}

}  // namespace

TableHeader TableHeader::Of(const TableIdentity& identity, std::size_t bucket_count,
                            std::size_t bucket_bytes) {
  return {.magic = kMagic,
          .layout_version = kLayoutVersion,
          .kind = static_cast<std::uint32_t>(identity.kind),
          .owner = static_cast<std::uint32_t>(identity.owner),
          .slots_per_bucket = Bucket::kSlots,
          .bucket_count = bucket_count,
          .bucket_bytes = bucket_bytes,
          .key_check = HashCheck(identity.key)};
}

std::size_t TableBytes(const TableHeader& header) {
  return kTableHeaderLine + header.bucket_count * header.bucket_bytes;
}

absl::Status CheckTable(std::span<const std::byte> memory, const TableHeader& expected) {
  if (memory.size() < TableBytes(expected))
    return Refused("size in bytes", memory.size(), "at least ", TableBytes(expected));
  TableHeader found;
  std::memcpy(&found, memory.data(), sizeof found);
  const struct {
    absl::string_view name;
    std::uint64_t found;
    std::uint64_t expected;
  } fields[] = {
      {"magic number", found.magic, expected.magic},
      {"layout version", found.layout_version, expected.layout_version},
      {"kind", found.kind, expected.kind},
      {"owner", found.owner, expected.owner},
      {"slots per bucket", found.slots_per_bucket, expected.slots_per_bucket},
      {"number of buckets", found.bucket_count, expected.bucket_count},
      {"bytes per bucket", found.bucket_bytes, expected.bucket_bytes},
      {"check of the hash key", found.key_check, expected.key_check},
  };
  for (const auto& field : fields)
    if (field.found != field.expected) return Refused(field.name, field.found, "", field.expected);
  return absl::OkStatus();
}

}  // namespace holdfast
