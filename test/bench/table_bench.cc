// Connection and affinity tables, against rte_hash and against the memory (B8, B9).
//
//   table_bench [--quick]
#include "bench/tables.h"

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const Options options = OptionsFrom(argc, argv);
  StartEal();
  BenchConnectionLookups(options);
  BenchConnectionInserts(options);
  BenchAffinityLookups(options);
}
