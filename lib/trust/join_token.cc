#include "lib/trust/join_token.h"

#include "lib/crypto/digest.h"

namespace atl::trust {
namespace {

constexpr std::string_view kPrefix = "atoll-join-1.";
constexpr std::string_view kSpace = " \t\r\n";
constexpr const char* kCutOff = "the token is damaged or cut off: copy the whole line";

}  // namespace

std::string to_text(const JoinToken& token) {
  return std::string(kPrefix)
      .append(crypto::to_hex(token.secret))
      .append(".")
      .append(crypto::to_hex(token.authority));
}

std::expected<JoinToken, const char*> parse_join_token(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return std::unexpected("there is no token");
  text = text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  if (!text.starts_with(kPrefix)) {
    return std::unexpected("a token begins with \"atoll-join-1.\"");
  }
  text.remove_prefix(kPrefix.size());
  JoinToken token;
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || !crypto::from_hex(text.substr(0, dot), token.secret) ||
      !crypto::from_hex(text.substr(dot + 1), token.authority)) {
    return std::unexpected(kCutOff);
  }
  return token;
}

}  // namespace atl::trust
