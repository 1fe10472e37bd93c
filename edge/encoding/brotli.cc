#include <brotli/encode.h>

#include <algorithm>
#include <bit>

#include "edge/encoding/encoder.h"

namespace atl::encoding {
namespace {

// 4 is the last quality that costs about what gzip does and compresses better (the table in
// docs/cache-policy.md says how to measure it).
constexpr uint32_t kQuality = 4;
constexpr uint32_t kLargestWindow = 18;  // bits: 256 KiB, which bounds the memory

class Brotli final : public Encoder {
 public:
  explicit Brotli(std::optional<uint64_t> size)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) return;
    uint32_t window = kLargestWindow;
    if (size) {
      window = std::clamp<uint32_t>(static_cast<uint32_t>(std::bit_width(*size)),
                                    BROTLI_MIN_WINDOW_BITS, kLargestWindow);
      BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT,
                                static_cast<uint32_t>(std::min<uint64_t>(*size, 1U << 30)));
    }
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kQuality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, window);
  }
  ~Brotli() override {
    if (state_ != nullptr) BrotliEncoderDestroyInstance(state_);
  }
  bool ready() const { return state_ != nullptr; }

  bool encode(std::string_view in, bool last, std::string& out) override {
    size_t left = in.size();
    const auto* next = reinterpret_cast<const uint8_t*>(in.data());
    const auto operation = last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
    for (;;) {
      size_t room = 0;
      if (BrotliEncoderCompressStream(state_, operation, &left, &next, &room, nullptr, nullptr) ==
          BROTLI_FALSE) {
        return false;
      }
      while (BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE) {
        size_t size = 0;
        const uint8_t* bytes = BrotliEncoderTakeOutput(state_, &size);
        out.append(reinterpret_cast<const char*>(bytes), size);
      }
      if (last ? BrotliEncoderIsFinished(state_) == BROTLI_TRUE : left == 0) return true;
    }
  }

 private:
  BrotliEncoderState* state_;
};

}  // namespace

std::unique_ptr<Encoder> make_brotli(std::optional<uint64_t> size) {
  auto made = std::make_unique<Brotli>(size);
  return made->ready() ? std::move(made) : nullptr;
}

}  // namespace atl::encoding
