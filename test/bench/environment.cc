#include "bench/environment.h"

#include <rte_eal.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::bench {
namespace {

constexpr int kMegabytes = 1200;
constexpr int kMegabytesPerPage = 2;

bool EnoughHugePages() {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  int pages = 0;
  return file >> pages && pages * kMegabytesPerPage >= kMegabytes;
}

}  // namespace

void StartEal() {
  std::vector<std::string> arguments{"bench",
                                     "--no-pci",
                                     "--no-telemetry",
                                     "--lcores",
                                     "0",
                                     "--log-level=error",
                                     "-m",
                                     std::to_string(kMegabytes)};
  if (EnoughHugePages()) {
    arguments.emplace_back("--in-memory");
  } else {
    std::fprintf(stderr, "no %d free huge pages: tables lie on ordinary pages, and are slower\n",
                 kMegabytes / kMegabytesPerPage);
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  // DPDK ties this thread to a core. Whoever started the bench has chosen better.
  cpu_set_t before;
  sched_getaffinity(0, sizeof before, &before);
  if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) std::exit(1);
  sched_setaffinity(0, sizeof before, &before);
}

Options OptionsFrom(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--quick") Fail(std::string("no option ") + argv[i]);
    options.quick = true;
  }
  return options;
}

void Fail(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

std::string SizeName(std::size_t count) {
  return count >= 1'000'000 ? std::to_string(count / 1'000'000) + "M"
                            : std::to_string(count / 1000) + "k";
}

}  // namespace holdfast::bench
