#include "tables/table_memory.h"

#include <sys/mman.h>

#include <fstream>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t RoundUp(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

void* Map(std::size_t bytes, int flags) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | flags, -1, 0);
  return data == MAP_FAILED ? nullptr : data;
}

// What the kernel could give without pushing anything else out. Touching more
// would not fail: it would get this process, or another, killed.
std::size_t AvailableBytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::size_t kilobytes = 0;
  std::string unit;
  while (meminfo >> name >> kilobytes) {
    if (name == "MemAvailable:") return kilobytes << 10;
    std::getline(meminfo, unit);
  }
  return std::numeric_limits<std::size_t>::max();
}

absl::Status NoMemory(std::size_t bytes) {
  return absl::ResourceExhaustedError(absl::StrCat("a table of ", bytes >> 20,
                                                   " MB does not fit: ", AvailableBytes() >> 20,
                                                   " MB of memory are available"));
}

}  // namespace

absl::StatusOr<TableMemory> TableMemory::Allocate(std::size_t bytes, MemoryKind kind) {
  TableMemory memory;
  memory.size_ = RoundUp(bytes, kHugePage);
  if (kind == MemoryKind::kHugePages) memory.data_ = Map(memory.size_, MAP_HUGETLB);
  memory.on_huge_pages_ = memory.data_ != nullptr;
  if (memory.data_ == nullptr && memory.size_ < AvailableBytes())
    memory.data_ = Map(memory.size_, 0);
  if (memory.data_ == nullptr) return NoMemory(bytes);
  return memory;
}

TableMemory::TableMemory(TableMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      on_huge_pages_(other.on_huge_pages_) {}

TableMemory& TableMemory::operator=(TableMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(on_huge_pages_, other.on_huge_pages_);
  return *this;
}

TableMemory::~TableMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace holdfast
