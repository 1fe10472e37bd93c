#include "lib/store/redis/command.h"

#include <fmt/format.h>

#include <iterator>

namespace atl::store::redis {

void append_head(std::string& out, size_t words) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", words);
}

void append_word(std::string& out, std::string_view word) {
  fmt::format_to(std::back_inserter(out), "${}\r\n", word.size());
  out += word;
  out += "\r\n";
}

std::string command(std::initializer_list<std::string_view> words) {
  std::string out;
  append_head(out, words.size());
  for (const std::string_view word : words) append_word(out, word);
  return out;
}

}  // namespace atl::store::redis
