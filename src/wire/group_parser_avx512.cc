// Compiled with -mavx512bw, and called only where the processor has it.
#include <immintrin.h>

#include "wire/group_parse.h"
#include "wire/group_parse_ipv6.h"

namespace holdfast {
namespace {

struct Avx512 {
  static constexpr std::size_t kBlocks = 4;
  using Words [[gnu::vector_size(64)]] = std::uint32_t;
  using Ints [[gnu::vector_size(64)]] = std::int32_t;
  using Bytes [[gnu::vector_size(16)]] = std::uint8_t;
  using Longs [[gnu::vector_size(128)]] = std::uint64_t;

  [[gnu::always_inline]] static Words Load(const std::uint8_t* const* data, std::size_t offset) {
    const auto block = [&](std::size_t b) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data[b] + offset));
    };
    __m512i blocks = _mm512_castsi128_si512(block(0));
    blocks = _mm512_mask_broadcast_i32x4(blocks, 0x00f0, block(1));
    blocks = _mm512_mask_broadcast_i32x4(blocks, 0x0f00, block(2));
    return Words(_mm512_mask_broadcast_i32x4(blocks, 0xf000, block(3)));
  }
  [[gnu::always_inline]] static void Store(Words blocks, Ipv4Tuple* tuples) {
    _mm512_storeu_si512(tuples, __m512i(blocks));
  }
  [[gnu::always_inline]] static Words Broadcast(__m128i block) {
    return Words(_mm512_broadcast_i32x4(block));
  }
  [[gnu::always_inline]] static Words Shuffle(Words blocks, __m128i order) {
    return Words(_mm512_shuffle_epi8(__m512i(blocks), _mm512_broadcast_i32x4(order)));
  }
  template <int kFirst>
  [[gnu::always_inline]] static Words Behind(Words low, Words high) {
    return Words(_mm512_alignr_epi8(__m512i(high), __m512i(low), kFirst));
  }
  [[gnu::always_inline]] static Words Low32(Words a, Words b) {
    return Words(_mm512_unpacklo_epi32(__m512i(a), __m512i(b)));
  }
  [[gnu::always_inline]] static Words High32(Words a, Words b) {
    return Words(_mm512_unpackhi_epi32(__m512i(a), __m512i(b)));
  }
  [[gnu::always_inline]] static Words Low64(Words a, Words b) {
    return Words(_mm512_unpacklo_epi64(__m512i(a), __m512i(b)));
  }
  [[gnu::always_inline]] static Words High64(Words a, Words b) {
    return Words(_mm512_unpackhi_epi64(__m512i(a), __m512i(b)));
  }
  [[gnu::always_inline]] static Ints InOrder(Ints ints) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return Ints(_mm512_permutexvar_epi32(order, __m512i(ints)));
  }
  [[gnu::always_inline]] static Ints FromBits(unsigned bits) {
    return Ints(_mm512_maskz_set1_epi32(static_cast<__mmask16>(bits), -1));
  }
  [[gnu::always_inline]] static unsigned EqualBits(Words a, Words b) {
    return _mm512_cmpeq_epi32_mask(__m512i(a), __m512i(b));
  }
  [[gnu::always_inline]] static unsigned SignBits(Ints ints) {
    return _mm512_cmplt_epi32_mask(__m512i(ints), _mm512_setzero_si512());
  }
};

}  // namespace

const GroupParser kAvx512GroupParser{"avx512bw", &GroupParse<Avx512>::Parse,
                                     &GroupParseIpv6<Avx512>::Parse};

}  // namespace holdfast
