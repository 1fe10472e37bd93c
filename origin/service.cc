#include "origin/service.h"

#include <utility>

namespace atl::origin {

void Service::add(std::string name, std::unique_ptr<Source> source) {
  sources_.emplace(std::move(name), std::move(source));
}

Source* Service::find(const std::string& name) const {
  const auto it = sources_.find(name);
  return it == sources_.end() ? nullptr : it->second.get();
}

std::shared_ptr<rpc::ExchangeHandler> Service::open(
    std::shared_ptr<const rpc::OriginRequest> request,
    std::shared_ptr<rpc::ExchangeResponder> responder) {
  Source* source = find(request->source);
  if (source == nullptr) {
    responder->fail({rpc::FailureReason::UnknownSource, false,
                     "this origin has no source called " + request->source});
    return nullptr;
  }
  return source->open(std::move(request), std::move(responder));
}

std::vector<rpc::SourceStatus> Service::describe() {
  std::vector<rpc::SourceStatus> out;
  for (const auto& [name, source] : sources_) {
    Source::Readiness readiness = source->readiness();
    out.push_back(
        {name, std::string(source->type()), readiness.ready, std::move(readiness.detail)});
  }
  return out;
}

}  // namespace atl::origin
