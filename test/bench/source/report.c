#include "report.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static struct source_report* map(int file) {
  const int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* page = mmap(NULL, sizeof(struct source_report), PROT_READ | PROT_WRITE,
                    flags | MAP_POPULATE, file, 0);
  return page == MAP_FAILED ? NULL : page;
}

struct source_report* report_open(const char* path) {
  if (path[0] == '\0') return map(-1);
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return NULL;
  struct source_report* report = NULL;
  if (ftruncate(file, sizeof(struct source_report)) == 0) report = map(file);
  close(file);
  return report;
}

void report_close(struct source_report* report) { munmap(report, sizeof(*report)); }
