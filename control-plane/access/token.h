#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/access/role.h"
#include "lib/crypto/digest.h"

namespace atl::control {

// A token is "atoll_" and 48 hexadecimal digits: 192 random bits, so that a plain SHA-256 of it can
// be kept in its place. What is kept of one:
struct Token {
  std::string name;
  Role role = Role::Viewer;
  crypto::Digest digest{};
  uint64_t created_s = 0;    // Unix time, as all of these
  uint64_t expires_s = 0;    // 0: never
  uint64_t last_used_s = 0;  // 0: never; may be a minute late
  bool operator==(const Token&) const = default;
};

inline constexpr size_t kMostTokens = 1000;

// Null if it can be the name of a token; otherwise what names are.
const char* check_token_name(std::string_view name);

// A new one's text. Nullopt: the system has no random numbers to give.
std::optional<std::string> make_secret();

inline bool expired(const Token& token, uint64_t now_s) {
  return token.expires_s != 0 && token.expires_s <= now_s;
}

// The file of tokens, whose check sum shows every change that did not come from here. The error is
// a sentence without the file's name.
std::string format_tokens(std::span<const Token> tokens);
std::expected<std::vector<Token>, std::string> parse_tokens(std::string_view bytes);

}  // namespace atl::control
