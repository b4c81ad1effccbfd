// Looks for one sample among families, as a test of an exporter needs it.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "stats/samples.h"

namespace holdfast::testing {

// The test fails when there is none.
inline const Family& FamilyNamed(const std::vector<Family>& families, const std::string& name) {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const Family& family) { return family.name == name; });
  INFO("family " << name);
  REQUIRE(found != families.end());
  return *found;
}

// The value under exactly these labels; the test fails when there is none.
inline double ValueOf(const std::vector<Family>& families, const std::string& name,
                      const Labels& labels) {
  const Family& family = FamilyNamed(families, name);
  const auto found = std::find_if(family.samples.begin(), family.samples.end(),
                                  [&](const Sample& sample) { return sample.labels == labels; });
  INFO("a sample of " << name);
  REQUIRE(found != family.samples.end());
  return found->value;
}

}  // namespace holdfast::testing
