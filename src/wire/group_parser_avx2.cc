// Compiled with -mavx2, and called only where the processor has it.
#include <immintrin.h>

#include "wire/group_parse.h"
#include "wire/group_parse_ipv6.h"

namespace holdfast {
namespace {

struct Avx2 {
  static constexpr std::size_t kBlocks = 2;
  using Words [[gnu::vector_size(32)]] = std::uint32_t;
  using Ints [[gnu::vector_size(32)]] = std::int32_t;
  using Bytes [[gnu::vector_size(8)]] = std::uint8_t;
  using Longs [[gnu::vector_size(64)]] = std::uint64_t;

  [[gnu::always_inline]] static Words Load(const std::uint8_t* const* data, std::size_t offset) {
    const auto block = [&](std::size_t b) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data[b] + offset));
    };
    return Words(_mm256_inserti128_si256(_mm256_castsi128_si256(block(0)), block(1), 1));
  }
  [[gnu::always_inline]] static void Store(Words blocks, Ipv4Tuple* tuples) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(tuples), __m256i(blocks));
  }
  [[gnu::always_inline]] static Words Broadcast(__m128i block) {
    return Words(_mm256_broadcastsi128_si256(block));
  }
  [[gnu::always_inline]] static Words Shuffle(Words blocks, __m128i order) {
    return Words(_mm256_shuffle_epi8(__m256i(blocks), _mm256_broadcastsi128_si256(order)));
  }
  template <int kFirst>
  [[gnu::always_inline]] static Words Behind(Words low, Words high) {
    return Words(_mm256_alignr_epi8(__m256i(high), __m256i(low), kFirst));
  }
  [[gnu::always_inline]] static Words Low32(Words a, Words b) {
    return Words(_mm256_unpacklo_epi32(__m256i(a), __m256i(b)));
  }
  [[gnu::always_inline]] static Words High32(Words a, Words b) {
    return Words(_mm256_unpackhi_epi32(__m256i(a), __m256i(b)));
  }
  [[gnu::always_inline]] static Words Low64(Words a, Words b) {
    return Words(_mm256_unpacklo_epi64(__m256i(a), __m256i(b)));
  }
  [[gnu::always_inline]] static Words High64(Words a, Words b) {
    return Words(_mm256_unpackhi_epi64(__m256i(a), __m256i(b)));
  }
  [[gnu::always_inline]] static Ints InOrder(Ints ints) {
    return Ints(
        _mm256_permutevar8x32_epi32(__m256i(ints), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
  }
  [[gnu::always_inline]] static Ints FromBits(unsigned bits) {
    const Ints bit = {1, 2, 4, 8, 16, 32, 64, 128};
    return (bit & static_cast<int>(bits)) != 0;
  }
  [[gnu::always_inline]] static unsigned EqualBits(Words a, Words b) {
    return SignBits(Ints(_mm256_cmpeq_epi32(__m256i(a), __m256i(b))));
  }
  [[gnu::always_inline]] static unsigned SignBits(Ints ints) {
    return static_cast<unsigned>(_mm256_movemask_ps(__m256(ints)));
  }
};

}  // namespace

const GroupParser kAvx2GroupParser{"avx2", &GroupParse<Avx2>::Parse, &GroupParseIpv6<Avx2>::Parse};

}  // namespace holdfast
