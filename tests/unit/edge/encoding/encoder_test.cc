#include "edge/encoding/encoder.h"

#include <brotli/decode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>
#include <string>

namespace atl::encoding {
namespace {

using policy::Coding;

constexpr Coding kAll[] = {Coding::Gzip, Coding::Brotli, Coding::Zstd};

// With the reference decoders; "(broken)" for what they refuse.
std::string decoded(Coding coding, const std::string& bytes, size_t most) {
  std::string out(most + 1, '\0');
  size_t size = out.size();
  bool good = false;
  if (coding == Coding::Gzip) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(size);
    good = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
    size -= stream.avail_out;
    inflateEnd(&stream);
  } else if (coding == Coding::Brotli) {
    good = BrotliDecoderDecompress(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()),
                                   &size, reinterpret_cast<uint8_t*>(out.data())) ==
           BROTLI_DECODER_RESULT_SUCCESS;
  } else {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    ZSTD_outBuffer output{out.data(), size, 0};
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    good = ZSTD_decompressStream(context, &output, &input) == 0 && input.pos == input.size;
    size = output.pos;
    ZSTD_freeDCtx(context);
  }
  out.resize(size);
  return good ? out : "(broken)";
}

std::string text_of(size_t size) {
  std::string text;
  std::minstd_rand random(7);
  while (text.size() < size) text += "<li>item " + std::to_string(random() % 1000) + "</li>\n";
  text.resize(size);
  return text;
}

TEST_CASE("encoder: what goes in comes out, in whatever pieces, with a length or without") {
  for (const Coding coding : kAll) {
    for (const size_t size : {0, 1, 1000, 70'000, 1'000'000}) {
      const std::string text = text_of(size);
      for (const size_t piece : {size_t{1} << 30, size_t{4096}, size_t{997}}) {
        for (const bool known : {true, false}) {
          CAPTURE(policy::token_of(coding));
          CAPTURE(size);
          CAPTURE(piece);
          auto encoder = make_encoder(coding, known ? std::optional<uint64_t>(size) : std::nullopt);
          REQUIRE(encoder);
          std::string out;
          for (size_t at = 0; at < size; at += piece) {
            REQUIRE(encoder->encode(std::string_view(text).substr(at, piece), false, out));
          }
          REQUIRE(encoder->encode({}, true, out));
          CHECK(decoded(coding, out, size) == text);
          if (size >= 1000) CHECK(out.size() < size / 2);
        }
      }
    }
  }
}

TEST_CASE("encoder: what cannot be compressed hardly grows") {
  std::string noise(100'000, '\0');
  std::minstd_rand random(11);
  for (char& c : noise) c = static_cast<char>(random() >> 8);
  for (const Coding coding : kAll) {
    auto encoder = make_encoder(coding, noise.size());
    std::string out;
    REQUIRE(encoder->encode(noise, true, out));
    CHECK(out.size() < noise.size() + 200);
    CHECK(decoded(coding, out, noise.size()) == noise);
  }
}

TEST_CASE("encoder: no coding, no encoder") {
  CHECK(make_encoder(Coding::Identity, 10) == nullptr);
}

}  // namespace
}  // namespace atl::encoding
