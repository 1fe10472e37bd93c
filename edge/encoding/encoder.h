#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/policy/coding.h"

// Content codings, compressing only: nothing that comes from outside is ever decompressed, so
// nothing can be blown up.

namespace atl::encoding {

// One body on its way through a coding. Of one thread.
class Encoder {
 public:
  virtual ~Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Appends to `out` what `in` makes possible; with `last`, all that is left. Nothing may follow
  // the last. False: out of memory; the encoder is useless then.
  virtual bool encode(std::string_view in, bool last, std::string& out) = 0;

 protected:
  Encoder() = default;
};

// An encoder takes about this many bytes at most, whatever the input.
inline constexpr uint64_t kMemory = 2 << 20;

// `size`: of the whole input, when known: a small one gets a small window. Null: no coding
// (Identity), or out of memory.
std::unique_ptr<Encoder> make_encoder(policy::Coding coding, std::optional<uint64_t> size);

// Each of these is one of the above. Private to edge/encoding.
std::unique_ptr<Encoder> make_gzip();
std::unique_ptr<Encoder> make_brotli(std::optional<uint64_t> size);
std::unique_ptr<Encoder> make_zstd(std::optional<uint64_t> size);

}  // namespace atl::encoding
