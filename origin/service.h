#pragma once

#include <map>
#include <memory>
#include <string>

#include "lib/rpc/exchange_handler.h"
#include "origin/sources/source.h"

namespace atl::origin {

// Gives each exchange to the source it names. Filled before the server starts, then immutable.
class Service final : public rpc::ExchangeService {
 public:
  void add(std::string name, std::unique_ptr<Source> source);
  Source* find(const std::string& name) const;  // null: there is none

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override;
  std::vector<rpc::SourceStatus> describe() override;

 private:
  std::map<std::string, std::unique_ptr<Source>> sources_;
};

}  // namespace atl::origin
