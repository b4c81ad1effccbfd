#include "datapath/huge_pages.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace holdfast {
namespace {

// 0 for what is not there.
std::uint64_t NumberIn(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  stream >> number;
  return number;
}

std::uint64_t LessBy(std::uint64_t number, std::uint64_t taken) {
  return number - std::min(number, taken);
}

std::uint64_t FreePages(const std::filesystem::path& size) {
  return LessBy(NumberIn(size / "free_hugepages"), NumberIn(size / "resv_hugepages")) +
         LessBy(NumberIn(size / "nr_overcommit_hugepages"), NumberIn(size / "surplus_hugepages"));
}

// Of a directory named "hugepages-2048kB"; 0 for any other.
std::uint64_t PageKb(const std::filesystem::path& size) {
  const std::string name = size.filename();
  absl::string_view number = name;
  std::uint64_t kilobytes = 0;
  const bool is_size = absl::ConsumePrefix(&number, "hugepages-") &&
                       absl::ConsumeSuffix(&number, "kB") && absl::SimpleAtoi(number, &kilobytes);
  return is_size ? kilobytes : 0;
}

}  // namespace

std::uint64_t FreeHugePagesMb(const std::filesystem::path& sizes) {
  std::uint64_t kilobytes = 0;
  std::error_code ignored;  // without huge pages in the kernel there is no directory
  for (const auto& size : std::filesystem::directory_iterator(sizes, ignored))
    kilobytes += PageKb(size.path()) * FreePages(size.path());
  return kilobytes / 1024;
}

}  // namespace holdfast
