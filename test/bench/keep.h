// Keep: what was computed for nothing but its time must not be optimised away.
#pragma once

namespace holdfast::bench {

template <typename T>
void Keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace holdfast::bench
