#include "control-plane/access/guard.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "lib/base/log.h"

namespace atl::control {
namespace {

constexpr std::string_view kRealm = "Bearer realm=\"atoll\"";

std::string challenge(std::string_view error, std::string_view description) {
  return fmt::format("{}, error=\"{}\", error_description=\"{}\"", kRealm, error, description);
}

// RFC 6750 section 3.1: insufficient_scope.
Denial too_little(const Caller& caller, Role needed) {
  return {403,
          fmt::format("this needs the role {}, and the token \"{}\" has the role {}",
                      to_string(needed), caller.token, to_string(caller.role)),
          fmt::format("{}, error=\"insufficient_scope\", scope=\"{}\"", kRealm, to_string(needed)),
          caller, true};
}

}  // namespace

Guard::Guard(const Clock& clock, TokenStore tokens, AuditLog audit)
    : clock_(clock), tokens_(std::move(tokens)), audit_(std::move(audit)) {}

uint64_t Guard::now_s() const {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch();
  return static_cast<uint64_t>(now.count());
}

std::expected<Caller, Denial> Guard::admit(http::Fields fields, std::string_view client,
                                           Role needed, Authentication mode) {
  if (mode == Authentication::Off) return Caller{{}, Role::Admin};
  const auto shown = find_credentials(fields);
  if (!shown) {
    return std::unexpected(
        Denial{400, shown.error(), challenge("invalid_request", shown.error()), {}});
  }
  if (shown->via == Credentials::Via::Nothing) {
    if (needed == Role::Anyone) return Caller{};
    return std::unexpected(Denial{401,
                                  fmt::format("this needs a token with the role {}: send it as "
                                              "Authorization: Bearer TOKEN",
                                              to_string(needed)),
                                  std::string(kRealm),
                                  {}});
  }
  // A cookie that has outlived its token must not stop anybody from logging in again.
  if (needed == Role::Anyone && shown->via == Credentials::Via::Cookie) return Caller{};
  auto caller = check(shown->token, client);
  if (!caller) return caller;
  caller->via = shown->via;
  if (caller->role < needed) return std::unexpected(too_little(*caller, needed));
  return caller;
}

std::expected<Caller, Denial> Guard::check(std::string_view text, std::string_view client) {
  const Token* token = tokens_.find(text);
  if (token == nullptr) {
    return std::unexpected(wrong_token(client, "there is no such token", {}));
  }
  Caller caller{token->name, token->role, {}, token->expires_s};
  if (expired(*token, now_s())) {
    return std::unexpected(
        wrong_token(client, fmt::format("the token {} has expired", token->name), caller));
  }
  tokens_.used(*token, now_s());
  return caller;
}

Denial Guard::wrong_token(std::string_view client, std::string sentence, Caller who) {
  const auto address = geo::parse_address(client);
  const Failures::Verdict verdict =
      failures_.count(address.value_or(geo::Address{}), clock_.mono());
  if (verdict.limited) {
    return {429, "too many wrong tokens came from this address; wait a minute", {}, std::move(who)};
  }
  if (verdict.report) {
    log_warn("api: {} from {}; more of its failures within a minute are not logged", sentence,
             client);
  }
  std::string asks = challenge("invalid_token", sentence);
  return {401, std::move(sentence), std::move(asks), std::move(who), verdict.report};
}

bool Guard::still(const Caller& caller, Role needed, Authentication mode) {
  if (mode == Authentication::Off) return true;
  return caller.role >= needed && tokens_.lives(caller.token, now_s());
}

void Guard::record(AuditEntry entry) {
  const auto now = clock_.wall().time_since_epoch();
  entry.time_ms = static_cast<uint64_t>(now.count());
  auto written = audit_.append(entry);
  if (!written && !audit_failed_) log_error("audit log: {}", written.error());
  audit_failed_ = !written;
}

void Guard::save(bool stopping) {
  if (auto saved = tokens_.flush(now_s(), stopping); !saved) {
    log_error("tokens: {}", saved.error());
  }
}

}  // namespace atl::control
