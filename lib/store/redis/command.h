#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace atl::store::redis {

// Appends one word of a command as the protocol has it.
void append_word(std::string& out, std::string_view word);

// Appends the head of a command of so many words.
void append_head(std::string& out, size_t words);

std::string command(std::initializer_list<std::string_view> words);

}  // namespace atl::store::redis
