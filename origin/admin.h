#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "lib/server/pages.h"
#include "lib/server/server.h"
#include "origin/stats/counted_service.h"

namespace atl::origin {

// /healthz and /metrics at an address of their own, on a thread of their own.
class Admin {
 public:
  // The error is a sentence. Both outlive it.
  static std::expected<std::unique_ptr<Admin>, std::string> start(const std::string& listen,
                                                                  CountedService& service,
                                                                  const Clock& clock);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

 private:
  class Application final : public server::Pages {
   public:
    Application(CountedService& service, const Clock& clock) : Pages(clock), service_(service) {}

   private:
    server::Page page(std::string_view path) override;

    CountedService& service_;
  };

  Admin(CountedService& service, const Clock& clock)
      : application_(service, clock), server_(loop_, application_, server::Limits{}) {}

  net::Loop loop_;
  Application application_;
  server::Server server_;
  std::thread thread_;  // runs the loop
};

}  // namespace atl::origin
