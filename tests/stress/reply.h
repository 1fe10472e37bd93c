#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/field.h"
#include "tests/stress/truth.h"

namespace atl::stress {

// What was asked, as far as an answer is held against it.
struct Inquiry {
  std::string method = "GET";
  size_t object = 0;
  std::string_view variant;  // that the request asks for; empty where the object has one
  uint32_t floor = 0;        // Catalogue::floor() when the request was sent
  std::string range;         // values of Range, If-Range, If-None-Match; empty: not sent
  std::string if_range;
  std::string if_none_match;
};

// Takes one answer as it arrives and holds every byte of it against the truth. Knows nothing of
// sockets.
class ReplyReader {
 public:
  enum class State : uint8_t {
    Head,
    Body,
    Complete,  // declared complete, and right
    Wrong,     // problem() says what
  };

  ReplyReader(Inquiry inquiry, const Catalogue& catalogue)
      : inquiry_(std::move(inquiry)), catalogue_(catalogue) {}

  // How many bytes belong to this answer; the rest is the next one's.
  size_t feed(std::string_view bytes);
  State state() const { return state_; }
  const std::string& problem() const { return problem_; }

  const Inquiry& inquiry() const { return inquiry_; }
  uint16_t status() const { return status_; }          // 0: none yet
  uint64_t body_bytes() const { return received_; }    // without framing
  uint64_t checked_bytes() const { return checked_; }  // of them, those of an object
  std::optional<uint32_t> version() const { return version_; }
  const std::string& cache_status() const { return cache_status_; }
  // Of an answer that only one client may have.
  const std::string& serial() const { return serial_; }
  bool closes() const { return closes_; }

 private:
  enum class Framing : uint8_t { None, Length, Chunked };
  enum class Chunk : uint8_t { Size, Data, DataEnd, Trailer };
  enum class Body : uint8_t { Object, Multipart, Text };

  void wrong(std::string what);
  bool take_head(std::string_view head);
  void read_fields(http::Fields fields);
  void read_framing(http::Fields fields);
  void judge(http::Fields fields);
  bool judge_edition(http::Fields fields);
  void judge_whole();
  void judge_part(http::Fields fields);
  void judge_not_modified(http::Fields fields);
  void judge_unsatisfiable(http::Fields fields);
  void take_body(std::string_view bytes);
  size_t take_chunked(std::string_view bytes);
  bool take_chunk_line(std::string_view line);
  void finish();
  void check_multipart();
  bool check_one_part(std::string_view head, std::string_view body);

  Inquiry inquiry_;
  const Catalogue& catalogue_;
  State state_ = State::Head;
  std::string problem_;

  std::string head_;
  uint16_t status_ = 0;
  std::optional<uint32_t> version_;
  std::string cache_status_;
  std::string serial_;
  bool closes_ = false;
  bool lies_ = false;  // the origin announced that it does

  Framing framing_ = Framing::None;
  uint64_t length_ = 0;  // declared
  Chunk chunk_ = Chunk::Size;
  uint64_t chunk_left_ = 0;
  std::string line_;

  Body body_ = Body::Text;
  Edition edition_;
  std::optional<synthetic::Content> content_;
  uint64_t size_ = 0;    // of the representation
  uint64_t offset_ = 0;  // of the body's first byte in it
  uint64_t wanted_ = 0;  // bytes that the body must have
  std::string boundary_;
  std::string multipart_;
  uint64_t received_ = 0;
  uint64_t checked_ = 0;
};

// "bytes 5-9/100"; nullopt when it is anything else.
struct PartPlace {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t size = 0;
};
std::optional<PartPlace> read_content_range(std::string_view value);

}  // namespace atl::stress
