// Table: rows of text under headings, in columns that line up.
#pragma once

#include <string>
#include <vector>

namespace holdfast::cli {

class Table {
 public:
  using Row = std::vector<std::string>;  // one text for each heading

  explicit Table(Row headings) : rows_{std::move(headings)} {}

  void Add(Row row) { rows_.push_back(std::move(row)); }
  // A line for the headings and for each row. Two spaces part the columns, none
  // end a line.
  [[nodiscard]] std::string ToString() const;

 private:
  [[nodiscard]] std::vector<std::size_t> Widths() const;

  std::vector<Row> rows_;  // the headings first
};

}  // namespace holdfast::cli
