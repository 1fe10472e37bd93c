#include "deploy/lab/simulation/traffic.h"

#include <algorithm>
#include <cmath>

namespace atl::lab {
namespace {

std::vector<double> cell_weights(const Scenario& scenario, const Stream& stream) {
  std::vector<double> weights;
  for (const ClientRegion& region : scenario.regions) {
    const bool here = stream.regions.empty() ||
                      std::ranges::find(stream.regions, region.id) != stream.regions.end();
    for (const ClientClass& one : scenario.network.classes) {
      weights.push_back(here ? region.clients * one.share : 0);
    }
  }
  return weights;
}

double rate_of(const Stream& stream, const Workload& trace) {
  if (stream.requests_per_s > 0) return stream.requests_per_s;
  const double seconds = static_cast<double>((stream.until - stream.from).count()) / 1000;
  return static_cast<double>(trace.requests.size()) / seconds;
}

}  // namespace

Outcome<Traces> load_traces(const Scenario& scenario) {
  Traces traces(scenario.streams.size());
  for (size_t i = 0; i < traces.size(); ++i) {
    if (scenario.streams[i].kind != Stream::Kind::Trace) continue;
    auto loaded = load_workload(scenario.streams[i].file);
    if (!loaded) return std::unexpected(loaded.error());
    traces[i] = *std::move(loaded);
  }
  return traces;
}

Traffic::Traffic(const Scenario& scenario, const Traces& traces, uint64_t seed)
    : random_(seed, 1), connects_(1 / scenario.network.requests_per_connection) {
  for (size_t i = 0; i < scenario.streams.size(); ++i) {
    const Stream& stream = scenario.streams[i];
    const double rate = rate_of(stream, traces[i]);
    const double seconds = static_cast<double>((stream.until - stream.from).count()) / 1000;
    auto count = static_cast<uint64_t>(rate * seconds);
    if (stream.kind == Stream::Kind::Trace) {
      count = std::min<uint64_t>(count, traces[i].requests.size());
    }
    expected_ += count;
    sources_.push_back(
        {.stream = &stream,
         .trace = &traces[i],
         .due = ticks(stream.from),
         .until = ticks(stream.until),
         .gap = double{kSecond} / rate,
         .zipf = Zipf(std::max<uint64_t>(stream.objects, 1), stream.skew),
         .sizes = Quantiles::lognormal(static_cast<double>(stream.size_median), stream.size_sigma,
                                       static_cast<double>(stream.size_most)),
         .cells = Alias(cell_weights(scenario, stream))});
    Source& source = sources_.back();
    source.due += static_cast<Tick>(-std::log1p(-random_.unit()) * source.gap);
  }
}

uint64_t Traffic::popular(uint32_t stream, Random& random) const {
  return object_name(stream, sources_[stream].zipf.sample(random));
}

std::optional<Request> Traffic::next() {
  uint32_t first = 0;
  for (uint32_t i = 1; i < sources_.size(); ++i) {
    if (sources_[i].due < sources_[first].due) first = i;
  }
  Source& source = sources_[first];
  if (source.due >= source.until) {
    // The earliest is past its end, so its stream is over; others may go on.
    if (source.due == INT64_MAX) return std::nullopt;
    source.due = INT64_MAX;
    return next();
  }
  Request request{.at = source.due, .stream = first};
  fill(source, first, request);
  source.due += static_cast<Tick>(-std::log1p(-random_.unit()) * source.gap);
  const bool over =
      source.stream->kind == Stream::Kind::Trace && source.sent == source.trace->requests.size();
  if (over || source.due >= source.until) source.due = INT64_MAX;
  return request;
}

void Traffic::fill(Source& source, uint32_t number, Request& request) {
  ++source.sent;
  switch (source.stream->kind) {
    case Stream::Kind::Zipf:
      request.object = object_name(number, source.zipf.sample(random_));
      request.bytes = size_of(request.object);
      break;
    case Stream::Kind::Once:
      request.object = object_name(number, source.sent);
      request.bytes = size_of(request.object);
      break;
    case Stream::Kind::Trace: {
      const uint32_t index = source.trace->requests[source.sent - 1];
      request.object = object_name(number, index);
      request.bytes = source.trace->sizes[index];
      break;
    }
  }
  request.cell = source.cells.sample(random_);
  const uint64_t bits = random_.next();
  request.group = static_cast<uint32_t>(bits % kGroups);
  request.connects = static_cast<double>(bits >> 11) * 0x1p-53 < connects_;
}

}  // namespace atl::lab
