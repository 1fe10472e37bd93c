#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "deploy/lab/scenario/read_parts.h"

namespace atl::lab {
namespace {

using config::Reader;
using config::RealRange;
using config::Section;

constexpr RealRange kRate{1e-6, 1e9};
constexpr int64_t kMostObjects = 1'000'000'000;

Stream::Kind kind_of(Section& section) {
  const std::string kind = section.choice("kind", {"zipf", "once", "trace"}, "zipf");
  if (kind == "once") return Stream::Kind::Once;
  return kind == "trace" ? Stream::Kind::Trace : Stream::Kind::Zipf;
}

void read_sizes(Section& section, Stream& stream) {
  stream.size_median = section.bytes("size", ByteSize{16 << 10}, ByteSize{1}).count;
  stream.size_sigma = section.optional_real("size_sigma", RealRange{0, 4}).value_or(0);
  stream.size_most = section.bytes("size_most", ByteSize{64 << 20}, ByteSize{1}).count;
  if (stream.size_most < stream.size_median) {
    section.problem("size_most", "must not be below the size");
  }
}

void read_regions_of(Section& section, const Known& known, Stream& stream) {
  stream.regions = section.strings("regions", {});
  for (const std::string& id : stream.regions) {
    check_reference(section, "regions", id, known.regions, "[[region]]");
  }
}

void read_kind(Section& section, const Known& known, Stream& stream) {
  stream.kind = kind_of(section);
  switch (stream.kind) {
    case Stream::Kind::Zipf:
      stream.objects = static_cast<uint64_t>(section.integer("objects", 10'000, {1, kMostObjects}));
      stream.skew = section.optional_real("skew", RealRange{0, 3}).value_or(0.9);
      read_sizes(section, stream);
      break;
    case Stream::Kind::Once:
      read_sizes(section, stream);
      break;
    case Stream::Kind::Trace:
      stream.file = section.string("file");
      if (!stream.file.starts_with('/')) stream.file = known.folder + stream.file;
      break;
  }
  const auto rate = section.optional_real("requests_per_s", kRate);
  if (!rate && stream.kind != Stream::Kind::Trace) {
    section.problem("requests_per_s", "is needed: how many requests of this kind a second");
  }
  stream.requests_per_s = rate.value_or(0);
}

Stream read_stream(Section& section, const Known& known, std::vector<std::string>& names) {
  Stream stream;
  stream.name = section.string("name");
  check_id(section, "name", stream.name, names);
  read_kind(section, known, stream);
  stream.cacheable = section.boolean("cacheable", true);
  stream.ttl = section.optional_duration("ttl");
  if (stream.ttl && !stream.cacheable) section.problem("ttl", "needs cacheable = true");
  stream.from = section.duration("from", Span{0});
  stream.until = section.duration("until", known.duration);
  if (stream.from >= stream.until || stream.until > known.duration) {
    section.problem("from", "must be before `until`, and that within the duration");
  }
  read_regions_of(section, known, stream);
  return stream;
}

void read_purge(Section& section, TimelineEvent& event, const std::vector<Stream>& streams) {
  event.soft = section.boolean("soft", false);
  const auto rate = section.optional_real("per_s", RealRange{1e-6, 1e6});
  if (rate) {
    event.per_s = *rate;
    event.lasts = section.duration("lasts", std::chrono::seconds{10}, Span{1});
    if (section.has("share")) section.problem("share", "and per_s are two kinds of purge");
    const auto ranked = [](const Stream& stream) { return stream.kind == Stream::Kind::Zipf; };
    if (std::ranges::none_of(streams, ranked)) {
      section.problem("per_s", "needs a [[workload]] of kind \"zipf\" to choose objects from");
    }
    if (event.soft) section.problem("soft", "is for purges without per_s");
  }
  event.share = section.optional_real("share", RealRange{0, 1}).value_or(1);
}

Stream read_crowd(Section& section, const Known& known, const TimelineEvent& event, size_t number) {
  Stream stream;
  stream.name = fmt::format("flash-crowd-{}", number);
  stream.requests_per_s = section.real("requests_per_s", kRate);
  stream.objects = static_cast<uint64_t>(section.integer("objects", 1, {1, kMostObjects}));
  stream.skew = section.optional_real("skew", RealRange{0, 3}).value_or(0.9);
  read_sizes(section, stream);
  read_regions_of(section, known, stream);
  stream.ttl = section.optional_duration("ttl");
  stream.from = event.at;
  stream.until = event.at + section.duration("lasts", std::chrono::seconds{60}, Span{1});
  if (stream.until > known.duration) section.problem("lasts", "goes on after the duration");
  return stream;
}

TimelineEvent::Kind event_kind(Section& section) {
  using Kind = TimelineEvent::Kind;
  const std::string kind = section.choice("kind", {"pop-down", "pop-up", "origin-down", "origin-up",
                                                   "origin-slow", "purge", "flash-crowd"});
  for (const Kind one : {Kind::PopDown, Kind::PopUp, Kind::OriginDown, Kind::OriginUp,
                         Kind::OriginSlow, Kind::FlashCrowd}) {
    if (to_string(one) == kind) return one;
  }
  return Kind::Purge;
}

std::string title_of(const TimelineEvent& event) {
  using Kind = TimelineEvent::Kind;
  switch (event.kind) {
    case Kind::PopDown:
      return event.pop + " goes down";
    case Kind::PopUp:
      return event.pop + " comes back, empty";
    case Kind::OriginDown:
      return "the origin goes down";
    case Kind::OriginUp:
      return "the origin is well again";
    case Kind::OriginSlow:
      return fmt::format("the origin takes {:g} times as long", event.factor);
    case Kind::FlashCrowd:
      return "a flash crowd";
    case Kind::Purge:
      break;
  }
  if (event.per_s != 0) return fmt::format("{:g} purges a second", event.per_s);
  return fmt::format("purge of {:g} % of everything", event.share * 100);
}

}  // namespace

std::vector<Stream> read_streams(Reader& reader, const Known& known) {
  std::vector<Stream> streams;
  std::vector<std::string> names;
  for (Section& section : reader.tables("workload")) {
    streams.push_back(read_stream(section, known, names));
  }
  if (streams.empty()) {
    reader.problem({}, "there are no requests: add a table [[workload]] with a name and a kind");
  }
  return streams;
}

std::vector<TimelineEvent> read_events(Reader& reader, const Known& known,
                                       std::vector<Stream>& streams) {
  using Kind = TimelineEvent::Kind;
  std::vector<TimelineEvent> events;
  for (Section& section : reader.tables("event")) {
    TimelineEvent event;
    event.at = section.duration("at", Span{0});
    if (!section.has("at")) section.problem("at", "is needed: when, such as \"2m\"");
    if (event.at >= known.duration) section.problem("at", "is after the duration");
    event.kind = event_kind(section);
    if (event.kind == Kind::PopDown || event.kind == Kind::PopUp) {
      event.pop = section.string("pop");
      if (!event.pop.empty()) check_reference(section, "pop", event.pop, known.pops, "[[pop]]");
    }
    if (event.kind == Kind::OriginSlow) event.factor = section.real("factor", RealRange{1, 1e6});
    if (event.kind == Kind::Purge) read_purge(section, event, streams);
    if (event.kind == Kind::FlashCrowd) {
      streams.push_back(read_crowd(section, known, event, streams.size()));
    }
    event.title = section.string("title", title_of(event));
    events.push_back(std::move(event));
  }
  std::ranges::stable_sort(events, {}, &TimelineEvent::at);
  return events;
}

}  // namespace atl::lab
