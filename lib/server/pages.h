#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/http/date.h"
#include "lib/server/application.h"

namespace atl::server {

// A small document, made anew each time it is asked for.
struct Page {
  uint16_t status = 200;
  std::string_view type = "text/plain; charset=utf-8";  // static text
  std::string body;
};

// What a program tells about itself at an address of its own: health, metrics. GET and HEAD only.
// Loop thread.
class Pages : public Application {
 public:
  // `clock` outlives it.
  explicit Pages(const Clock& clock) : clock_(clock) {}

  std::unique_ptr<Handler> on_request(const http::RequestHead& head, Responder& responder) final;
  void on_refused(uint16_t, const char*) final {}

 private:
  // `path`: without the query.
  virtual Page page(std::string_view path) = 0;

  const Clock& clock_;
  http::DateLine date_;
};

}  // namespace atl::server
