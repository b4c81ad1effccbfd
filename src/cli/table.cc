#include "cli/table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace holdfast::cli {
namespace {

std::string Line(const Table::Row& row, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t column = 0; column < row.size(); ++column)
    absl::StrAppend(&line, row[column], std::string(widths[column] + 2 - row[column].size(), ' '));
  absl::StripTrailingAsciiWhitespace(&line);
  return line + "\n";
}

}  // namespace

std::vector<std::size_t> Table::Widths() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const Row& row : rows_)
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  return widths;
}

std::string Table::ToString() const {
  const std::vector<std::size_t> widths = Widths();
  std::string text;
  for (const Row& row : rows_) text += Line(row, widths);
  return text;
}

}  // namespace holdfast::cli
