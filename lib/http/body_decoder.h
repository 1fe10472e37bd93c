#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/http/refusal.h"
#include "lib/http/request_head.h"

namespace atl::http {

// Takes a request body out of its framing (RFC 9112 sections 6 and 7), piece by piece as the caller
// asks, so that a body can be paused between any two pieces. Chunked framing is read strictly and
// not by llhttp, which skips the bytes between chunks without looking at them. No sockets, no
// clock.
class BodyDecoder {
 public:
  // What `head` announces is what follows.
  void begin(const RequestHead& head);

  enum class Kind : uint8_t { More, Data, Complete, Refused };
  struct Piece {
    Kind kind = Kind::More;
    std::string_view data = {};  // of Data: a part of the input, never empty
    Refusal refusal = {};        // of Refused: nothing more is decoded
  };

  // The next piece of the body in `input`, from whose front it takes what it has looked at. More:
  // the input is used up and there is more to come. Complete: the body has ended, `input` begins
  // with what comes after it.
  Piece next(std::string_view& input);

  bool complete() const { return at_ == At::End; }
  // Bytes of content seen so far.
  uint64_t received() const { return received_; }
  // What is still to come, where that is known; of a chunked body nothing is.
  uint64_t remaining() const { return remaining_; }
  bool chunked() const { return chunked_; }
  // The trailer section as field lines, those that may not be there left out (RFC 9110 section
  // 6.5.1). Once complete.
  std::string_view trailers() const { return trailers_; }

 private:
  // What the next byte belongs to.
  enum class At : uint8_t {
    Counted,    // content of a known length
    Size,       // first digit of a chunk size
    SizeMore,   //
    BeforeExt,  // blanks after the size: an extension must follow
    Extension,  //
    SizeLf,     //
    Chunk,      // content of a chunk
    ChunkCr,    //
    ChunkLf,    //
    Trailer,    // first byte of a trailer line, or of the empty line
    Name,       //
    Value,      //
    ValueLf,    //
    EndLf,      //
    End,
  };

  Piece take_content(std::string_view& input);
  const char* step(char byte);
  const char* step_size(char byte);
  const char* step_trailer(char byte);
  void end_trailer_line();

  At at_ = At::End;
  bool chunked_ = false;
  uint8_t digits_ = 0;
  size_t framing_ = 0;      // bytes of extensions and trailers so far
  size_t line_ = 0;         // where the present trailer line begins in `trailers_`
  size_t colon_ = 0;        // and its colon
  uint64_t remaining_ = 0;  // of the body or the chunk
  uint64_t received_ = 0;
  std::string trailers_;
};

}  // namespace atl::http
