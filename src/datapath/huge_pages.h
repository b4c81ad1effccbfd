// Huge pages that DPDK could take now.
#pragma once

#include <cstdint>
#include <filesystem>

namespace holdfast {

// In MB, of all sizes together: free and not promised to another process, or still
// allowed beyond the pool. `sizes`: the kernel's directory, with one for each size.
std::uint64_t FreeHugePagesMb(const std::filesystem::path& sizes = "/sys/kernel/mm/hugepages");

}  // namespace holdfast
