#include "control-plane/access/token.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/crypto/random.h"

namespace atl::control {
namespace {

constexpr size_t kLongestName = 64;
constexpr size_t kSecretBytes = 24;
constexpr std::string_view kFirstLine = "atoll tokens 1 ";

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string sum_of(std::string_view lines) {
  return fmt::format("{:016x}", XXH3_64bits(lines.data(), lines.size()));
}

bool read_number(std::string_view text, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

// name, role, digest, created, expires, last used
std::optional<Token> parse_line(std::string_view line) {
  std::array<std::string_view, 6> words;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t space = line.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == words.size())) return std::nullopt;
    words[i] = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  const auto role = parse_role(words[1]);
  const auto digest = crypto::digest_from_hex(words[2]);
  if (check_token_name(words[0]) != nullptr || !role || !digest) return std::nullopt;
  Token token{std::string(words[0]), *role, *digest};
  const bool numbers = read_number(words[3], token.created_s) &&
                       read_number(words[4], token.expires_s) &&
                       read_number(words[5], token.last_used_s);
  return numbers ? std::optional(std::move(token)) : std::nullopt;
}

}  // namespace

const char* check_token_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kLongestName && is_alnum(name.front()) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_alnum(c) || c == '-' || c == '_' || c == '.';
                    });
  return good ? nullptr
              : "a token's name is of letters, digits, '-', '_' and '.', begins with a letter or "
                "digit and has at most 64 characters";
}

std::optional<std::string> make_secret() {
  auto digits = crypto::random_hex(kSecretBytes);
  if (digits) digits->insert(0, "atoll_");
  return digits;
}

std::string format_tokens(std::span<const Token> tokens) {
  std::string lines;
  for (const Token& token : tokens) {
    lines += fmt::format("{} {} {} {} {} {}\n", token.name, to_string(token.role),
                         crypto::to_hex(token.digest), token.created_s, token.expires_s,
                         token.last_used_s);
  }
  return fmt::format("{}{}\n{}", kFirstLine, sum_of(lines), lines);
}

std::expected<std::vector<Token>, std::string> parse_tokens(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos || !bytes.starts_with(kFirstLine)) {
    return std::unexpected("this is not a file of tokens");
  }
  const std::string_view sum = bytes.substr(kFirstLine.size(), end - kFirstLine.size());
  std::string_view rest = bytes.substr(end + 1);
  if (sum != sum_of(rest)) return std::unexpected("it is damaged: its check sum is another");
  std::vector<Token> tokens;
  for (size_t number = 2; !rest.empty(); ++number) {
    const size_t line_end = rest.find('\n');
    auto token = parse_line(rest.substr(0, line_end));
    if (line_end == std::string_view::npos || !token) {
      return std::unexpected(fmt::format("line {} is not a token", number));
    }
    const bool known = std::any_of(tokens.begin(), tokens.end(), [&](const Token& other) {
      return other.name == token->name || other.digest == token->digest;
    });
    if (known || tokens.size() == kMostTokens) {
      return std::unexpected(fmt::format("line {} is one token too many", number));
    }
    tokens.push_back(*std::move(token));
    rest.remove_prefix(line_end + 1);
  }
  return tokens;
}

}  // namespace atl::control
