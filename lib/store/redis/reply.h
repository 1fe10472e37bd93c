#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace atl::store::redis {

// One reply of a server (RESP2).
struct Reply {
  enum class Kind : uint8_t { Nil, Status, Error, Integer, String, Array };
  Kind kind = Kind::Nil;
  std::string text;  // Status, Error, String
  int64_t integer = 0;
  std::vector<Reply> elements;  // Array

  bool is(Kind wanted) const { return kind == wanted; }
};

// Cuts what a server sends into replies; hiredis does the parsing. Bounded in what it builds from
// few bytes. One connection; one thread.
class ReplyReader {
 public:
  static constexpr size_t kMostElements = 1'000'000;      // of one array
  static constexpr size_t kMostBytes = 64 * 1024 * 1024;  // of one reply

  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // False: these are not replies, and nothing that follows will be.
  bool feed(std::string_view bytes);
  // The next whole one; nullopt: more bytes are needed. The error, static text, is for ever.
  std::expected<std::optional<Reply>, const char*> next();

 private:
  redisReader* reader_;
  size_t fed_ = 0;  // bytes since the last whole reply
};

}  // namespace atl::store::redis
