#include "bench/row.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holdfast::bench {
namespace {

std::string Number(std::optional<double> value) {
  return value ? absl::StrFormat("%.4g", *value) : "null";
}

std::string Quoted(const std::string& text) {
  return text.empty() ? "null" : absl::StrCat("\"", text, "\"");
}

std::optional<double> RatioOf(const Row& row) {
  if (!row.reference) return std::nullopt;
  return row.value / *row.reference;
}

bool Reaches(const Row& row, double goal) {
  if (const auto ratio = RatioOf(row)) return *ratio >= goal;
  return row.unit == "M/s" ? row.value >= goal : row.value <= goal;
}

std::string Met(const Row& row) {
  if (!row.target) return "";
  if (Reaches(row, *row.target)) return "target";
  return row.floor && Reaches(row, *row.floor) ? "floor" : "no";
}

}  // namespace

void Print(const Row& row) {
  absl::PrintF(
      "{\"row\":%s,\"name\":%s,\"value\":%s,\"unit\":%s,\"reference\":%s,"
      "\"reference_name\":%s,\"ratio\":%s,\"floor\":%s,\"target\":%s,\"met\":%s,"
      "\"spread\":%s}\n",
      Quoted(row.row), Quoted(row.name), Number(row.value), Quoted(row.unit), Number(row.reference),
      Quoted(row.reference_name), Number(RatioOf(row)), Number(row.floor), Number(row.target),
      Quoted(Met(row)), Number(row.spread));
  std::fflush(stdout);
}

}  // namespace holdfast::bench
