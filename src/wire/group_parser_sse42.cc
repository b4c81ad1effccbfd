// Compiled with -msse4.2, and called only where the processor has it.
#include <immintrin.h>

#include "wire/group_parse.h"
#include "wire/group_parse_ipv6.h"

namespace holdfast {
namespace {

struct Sse42 {
  static constexpr std::size_t kBlocks = 1;
  using Words [[gnu::vector_size(16)]] = std::uint32_t;
  using Ints [[gnu::vector_size(16)]] = std::int32_t;
  using Bytes [[gnu::vector_size(4)]] = std::uint8_t;
  using Longs [[gnu::vector_size(32)]] = std::uint64_t;

  [[gnu::always_inline]] static Words Load(const std::uint8_t* const* data, std::size_t offset) {
    return Words(_mm_loadu_si128(reinterpret_cast<const __m128i*>(*data + offset)));
  }
  [[gnu::always_inline]] static void Store(Words blocks, Ipv4Tuple* tuples) {
    _mm_store_si128(reinterpret_cast<__m128i*>(tuples), __m128i(blocks));
  }
  [[gnu::always_inline]] static Words Broadcast(__m128i block) { return Words(block); }
  [[gnu::always_inline]] static Words Shuffle(Words blocks, __m128i order) {
    return Words(_mm_shuffle_epi8(__m128i(blocks), order));
  }
  template <int kFirst>
  [[gnu::always_inline]] static Words Behind(Words low, Words high) {
    return Words(_mm_alignr_epi8(__m128i(high), __m128i(low), kFirst));
  }
  [[gnu::always_inline]] static Words Low32(Words a, Words b) {
    return Words(_mm_unpacklo_epi32(__m128i(a), __m128i(b)));
  }
  [[gnu::always_inline]] static Words High32(Words a, Words b) {
    return Words(_mm_unpackhi_epi32(__m128i(a), __m128i(b)));
  }
  [[gnu::always_inline]] static Words Low64(Words a, Words b) {
    return Words(_mm_unpacklo_epi64(__m128i(a), __m128i(b)));
  }
  [[gnu::always_inline]] static Words High64(Words a, Words b) {
    return Words(_mm_unpackhi_epi64(__m128i(a), __m128i(b)));
  }
  [[gnu::always_inline]] static Ints InOrder(Ints ints) { return ints; }
  [[gnu::always_inline]] static Ints FromBits(unsigned bits) {
    const Ints bit = {1, 2, 4, 8};
    return (bit & static_cast<int>(bits)) != 0;
  }
  [[gnu::always_inline]] static unsigned EqualBits(Words a, Words b) {
    return SignBits(Ints(_mm_cmpeq_epi32(__m128i(a), __m128i(b))));
  }
  [[gnu::always_inline]] static unsigned SignBits(Ints ints) {
    return static_cast<unsigned>(_mm_movemask_ps(__m128(ints)));
  }
};

}  // namespace

const GroupParser kSse42GroupParser{"sse4.2", &GroupParse<Sse42>::Parse,
                                    &GroupParseIpv6<Sse42>::Parse};

}  // namespace holdfast
