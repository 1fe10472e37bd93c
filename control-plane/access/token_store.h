#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/access/token.h"

namespace atl::control {

struct TokenProblem {
  enum class Kind : uint8_t { Invalid, Exists, Absent, Failed };
  Kind kind = Kind::Failed;
  std::string sentence;
};

// The tokens in a file that several processes may change: each change is made under a lock, to what
// the file holds then, and replaces it as a whole. One thread; writing blocks until it is durable.
class TokenStore {
 public:
  // No file is no tokens. A damaged one is an error, a sentence: to go on without it would let
  // nobody in, or let in whom a change had shut out.
  static std::expected<TokenStore, std::string> open(std::string path);

  struct Made {
    Token token;
    std::string secret;  // shown once, kept nowhere
  };
  // `lifetime`: empty: it does not expire.
  std::expected<Made, TokenProblem> create(std::string name, Role role,
                                           std::optional<std::chrono::seconds> lifetime,
                                           uint64_t now_s);
  std::expected<void, TokenProblem> remove(std::string_view name);

  // The token with this text, expired or not; null: there is none. Every stored digest is compared,
  // each in constant time. Reads the file again if it has changed. Valid until the next call.
  const Token* find(std::string_view secret);
  // It was used: kept by the next flush().
  void used(const Token& token, uint64_t now_s);

  // Whether a token of this name still lets in.
  bool lives(std::string_view name, uint64_t now_s);

  // Writes when tokens were last used, unless that was done less than a minute ago.
  std::expected<void, std::string> flush(uint64_t now_s, bool now_please = false);

  // As the file has them now.
  const std::vector<Token>& tokens() {
    refresh();
    return tokens_;
  }

 private:
  class Lock;
  explicit TokenStore(std::string path) : path_(std::move(path)) {}
  std::expected<void, std::string> read();
  // Reads a file that changed. One that has become damaged is logged, and what was read before
  // stays in force.
  void refresh();
  std::expected<void, TokenProblem> change(std::vector<Token> tokens);

  std::string path_;
  std::string identity_;  // of the file as it was read
  std::vector<Token> tokens_;
  bool unsaved_ = false;  // times of use
  uint64_t saved_s_ = 0;
};

}  // namespace atl::control
