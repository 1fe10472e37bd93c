#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "control-plane/access/audit_log.h"
#include "control-plane/access/credentials.h"
#include "control-plane/access/failures.h"
#include "control-plane/access/role.h"
#include "control-plane/access/token_store.h"
#include "lib/base/clock.h"
#include "lib/geo/address.h"
#include "lib/http/field.h"

namespace atl::control {

// Who calls.
struct Caller {
  std::string token;  // its name; empty: none
  Role role = Role::Anyone;
  Credentials::Via via = Credentials::Via::Nothing;
  uint64_t expires_s = 0;  // 0: never
};

// Why a caller is not let in.
struct Denial {
  uint16_t status = 401;
  std::string sentence;
  std::string challenge;  // value of WWW-Authenticate (RFC 6750 section 3); empty: none
  Caller who;             // as far as it is known
  bool report = false;    // worth a line in the log: said once for many
};

// Lets callers in, or says why not; keeps the tokens and the audit log. Loop thread.
class Guard {
 public:
  // `clock` outlives it.
  Guard(const Clock& clock, TokenStore tokens, AuditLog audit);

  // The request's own credentials. Who needs none is let in with none; who shows a wrong token is
  // not, even where none is needed.
  std::expected<Caller, Denial> admit(http::Fields fields, std::string_view client, Role needed,
                                      Authentication mode);
  // A token from somewhere else than the head.
  std::expected<Caller, Denial> check(std::string_view token, std::string_view client);

  // Whether a caller that was let in would be let in again.
  bool still(const Caller& caller, Role needed, Authentication mode);

  // Writes the entry, whose time is now. A failure is logged; what was done stays done.
  void record(AuditEntry entry);

  TokenStore& tokens() { return tokens_; }
  const AuditLog& audit() const { return audit_; }
  uint64_t now_s() const;

  // To be called every now and then; `stopping`: for the last time.
  void save(bool stopping = false);

 private:
  Denial wrong_token(std::string_view client, std::string sentence, Caller who);

  const Clock& clock_;
  TokenStore tokens_;
  AuditLog audit_;
  Failures failures_;
  bool audit_failed_ = false;  // and that was logged
};

}  // namespace atl::control
