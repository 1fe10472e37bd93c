#pragma once

#include <memory>

#include "lib/base/error.h"

struct ssl_st;
struct bio_method_st;

namespace atl::net {

// What connections of one end have in common, as a TlsStream needs it. Immutable; any thread.
class TlsSessions {
 public:
  virtual ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  // This end of a connection; the caller's. Null when memory is out.
  virtual ssl_st* make_ssl() const = 0;
  // Whose doing it is when the other end breaks the protocol.
  virtual Side other_end() const = 0;

  const bio_method_st* bio_method() const { return bio_method_.get(); }

 protected:
  TlsSessions();

 private:
  struct Free {
    void operator()(bio_method_st* method) const;
  };
  std::unique_ptr<bio_method_st, Free> bio_method_;
};

}  // namespace atl::net
