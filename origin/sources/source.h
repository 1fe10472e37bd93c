#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/rpc/exchange_handler.h"

namespace atl::origin {

// Something that answers exchanges: a directory, an HTTP upstream, a group of those. Made by main()
// from the configuration and alive until the server has stopped. open() comes on any thread,
// several at once, and does not wait.
class Source {
 public:
  struct Readiness {
    bool ready = true;
    std::string detail;  // why not; for people
  };

  virtual ~Source() = default;

  // As rpc::ExchangeService::open().
  virtual std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) = 0;
  // "directory", "http", "group" or "synthetic".
  virtual std::string_view type() const = 0;
  virtual Readiness readiness() const = 0;
};

}  // namespace atl::origin
