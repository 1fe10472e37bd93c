#pragma once

#include <expected>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/trust/identity.h"
#include "lib/trust/revocations.h"

namespace atl::trust {

// Whoever is at the other end of a connection: of a certificate whose signature TLS has verified.
struct Caller {
  std::string uri;
  Identity identity;
  WallTime issued;  // as its serial number says
  WallTime not_before;
  WallTime not_after;
};

// From the certificate in `pem`. The error is a sentence without an end.
std::expected<Caller, const char*> to_caller(std::string_view pem);

class Kinds {
 public:
  Kinds(std::initializer_list<Kind> kinds) {
    for (const Kind kind : kinds) bits_ |= 1U << static_cast<unsigned>(kind);
  }
  bool has(Kind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0; }

 private:
  unsigned bits_ = 0;
};

// Who is spoken to. Any thread.
class Guard {
 public:
  Guard() = default;

  // False: nothing changed.
  bool replace(Revocations list);
  std::shared_ptr<const Revocations> revocations() const;

  // Null: `caller` may be spoken to as one of `kinds`. Otherwise why not, as a sentence without an
  // end.
  const char* objection(const Caller& caller, Kinds kinds, WallTime now) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Revocations> revocations_ = std::make_shared<const Revocations>();
};

}  // namespace atl::trust
