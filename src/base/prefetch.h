// Prefetch: asks memory for a line, in a function that does nothing else.
//
// GCC takes __builtin_prefetch() for nothing at all, and leaves out a function, with the loop
// that calls it, that has no other effect.
#pragma once

namespace holdfast {

inline void Prefetch(const void* address) {
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
}

}  // namespace holdfast
