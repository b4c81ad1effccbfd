#include "settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_kvargs.h>

// One kind of value: writes what `text` says to `to`; false if it says nothing of the kind.
typedef bool (*parser)(const char* text, void* to);

static bool parse_number(const char* text, void* to) {
  char* end = NULL;
  errno = 0;
  *(uint64_t*)to = strtoull(text, &end, 10);
  return errno == 0 && end != text && *end == '\0';
}

static bool parse_count(const char* text, void* to) {
  return parse_number(text, to) && *(uint64_t*)to != 0;
}

static bool parse_address(const char* text, void* to) { return inet_aton(text, to) == 1; }

static bool parse_mac_prefix(const char* text, void* to) {
  uint8_t* bytes = to;
  return sscanf(text, "%hhx:%hhx:%hhx:%hhx", &bytes[0], &bytes[1], &bytes[2], &bytes[3]) == 4;
}

static bool parse_path(const char* text, void* to) {
  return (size_t)snprintf(to, sizeof(((struct settings*)0)->report), "%s", text) <
         sizeof(((struct settings*)0)->report);
}

static bool parse_word(const char* text, const char* const* words, size_t count, int* to) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(text, words[i]) != 0) continue;
    *to = (int)i;
    return true;
  }
  return false;
}

static bool parse_family(const char* text, void* to) {
  static const char* const words[] = {"4", "6"};
  int family;
  if (!parse_word(text, words, RTE_DIM(words), &family)) return false;
  *(bool*)to = family == 1;
  return true;
}

static bool parse_mix(const char* text, void* to) {
  static const char* const words[] = {"established", "syn", "udp", "mixed"};
  return parse_word(text, words, RTE_DIM(words), to);
}

static bool parse_order(const char* text, void* to) {
  static const char* const words[] = {"random", "sequential"};
  return parse_word(text, words, RTE_DIM(words), to);
}

static bool parse_check(const char* text, void* to) {
  static const char* const words[] = {"none", "l2", "ipip", "gue", "nat", "swap"};
  return parse_word(text, words, RTE_DIM(words), to);
}

static const struct argument {
  const char* key;
  parser parse;
  size_t offset;
} arguments_known[] = {
    {"flows", parse_number, offsetof(struct settings, flows)},
    {"flood", parse_number, offsetof(struct settings, flood)},
    {"flood_every", parse_number, offsetof(struct settings, flood_every)},
    {"fill", parse_number, offsetof(struct settings, fill)},
    {"queues", parse_number, offsetof(struct settings, queues)},
    {"pace", parse_number, offsetof(struct settings, pace)},
    {"seed", parse_number, offsetof(struct settings, seed)},
    {"port", parse_number, offsetof(struct settings, port)},
    {"check_every", parse_count, offsetof(struct settings, check_every)},
    {"services", parse_count, offsetof(struct settings, services)},
    {"warmup_ms", parse_number, offsetof(struct settings, warmup_ms)},
    {"measure_ms", parse_number, offsetof(struct settings, measure_ms)},
    {"vip", parse_address, offsetof(struct settings, vip)},
    {"balancer", parse_address, offsetof(struct settings, balancer)},
    {"targets", parse_address, offsetof(struct settings, targets)},
    {"target_mac", parse_mac_prefix, offsetof(struct settings, target_mac)},
    {"family", parse_family, offsetof(struct settings, ipv6)},
    {"mix", parse_mix, offsetof(struct settings, mix)},
    {"order", parse_order, offsetof(struct settings, order)},
    {"check", parse_check, offsetof(struct settings, check)},
    {"report", parse_path, offsetof(struct settings, report)},
    {"rules", parse_path, offsetof(struct settings, rules)},
};

static int take_argument(const char* key, const char* value, void* settings) {
  for (size_t i = 0; i < RTE_DIM(arguments_known); ++i) {
    const struct argument* known = &arguments_known[i];
    if (strcmp(known->key, key) != 0) continue;
    if (value != NULL && known->parse(value, (char*)settings + known->offset)) return 0;
    break;
  }
  fprintf(stderr, "net_flows: '%s=%s' is not understood\n", key, value == NULL ? "" : value);
  return -EINVAL;
}

static struct settings defaults(void) {
  struct settings settings = {
      .flows = 1000,
      .queues = 1,
      .seed = 1,
      .port = 80,
      .services = 1,
      .check_every = 4096,
      .warmup_ms = 200,
      .measure_ms = 1000,
      .check = CHECK_NONE,
  };
  inet_aton("198.18.0.1", &settings.vip);
  return settings;
}

bool settings_parse(const char* arguments, struct settings* settings) {
  *settings = defaults();
  struct rte_kvargs* pairs = rte_kvargs_parse(arguments == NULL ? "" : arguments, NULL);
  if (pairs == NULL) return false;
  const int result = rte_kvargs_process(pairs, NULL, take_argument, settings);
  rte_kvargs_free(pairs);
  if (settings->ipv6 && (settings->mix != MIX_ESTABLISHED || settings->flood != 0)) {
    fprintf(stderr, "net_flows: 'family=6' is there for 'mix=established' without a flood only\n");
    return false;
  }
  return result == 0;
}
