#include "deploy/lab/live/objects.h"

#include <fmt/format.h>

#include <iterator>

#include "deploy/lab/live/configuration.h"
#include "deploy/lab/simulation/pop_model.h"
#include "deploy/lab/simulation/traffic.h"

namespace atl::lab {
namespace {

int64_t seconds(Span span) { return std::chrono::floor<std::chrono::seconds>(span).count(); }

}  // namespace

std::string purge_tag(size_t event) { return fmt::format("purge-{}", event); }

std::string Objects::target(uint64_t object, uint64_t bytes) const {
  const Stream& stream = scenario_.streams[stream_of(object)];
  if (!stream.cacheable) return fmt::format("{}{}?size={}", kNotCached, object, bytes);
  std::string target = fmt::format("/object/{}?size={}&ttl={}s", object, bytes,
                                   seconds(stream.ttl.value_or(run_.cache.ttl)));
  const auto out = std::back_inserter(target);
  if (run_.cache.stale_while_revalidate.count() != 0) {
    fmt::format_to(out, "&swr={}s", seconds(run_.cache.stale_while_revalidate));
  }
  if (run_.cache.stale_if_error.count() != 0) {
    fmt::format_to(out, "&sie={}s", seconds(run_.cache.stale_if_error));
  }
  for (size_t i = 0; i < scenario_.events.size(); ++i) {
    const TimelineEvent& event = scenario_.events[i];
    const bool partial = event.kind == TimelineEvent::Kind::Purge && event.per_s == 0;
    if (partial && event.share < 1 && PopModel::in_share(object, event.share, i)) {
      fmt::format_to(out, "&tag={}", purge_tag(i));
    }
  }
  return target;
}

std::string Objects::request(uint64_t object, uint64_t bytes, uint64_t delay_ms) const {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nSynthetic-Delay: {}ms\r\n\r\n",
                     target(object, bytes), kHost, delay_ms);
}

std::string Objects::url(uint64_t object, uint64_t bytes) const {
  return fmt::format("http://{}{}", kHost, target(object, bytes));
}

}  // namespace atl::lab
