// A family whose samples are told apart by a name.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "stats/counter.h"
#include "stats/samples.h"

namespace holdfast {

// A counter for each of `names`, under the label `label`.
template <std::size_t kCount>
Family ByName(Family family, const std::string& label,
              const std::array<std::string_view, kCount>& names,
              const std::array<Counter, kCount>& counters) {
  for (std::size_t i = 0; i < kCount; ++i)
    family.samples.push_back(
        {{{label, std::string(names[i])}}, static_cast<double>(counters[i].Read())});
  return family;
}

}  // namespace holdfast
