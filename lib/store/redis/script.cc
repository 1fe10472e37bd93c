#include "lib/store/redis/script.h"

#include <utility>

#include "lib/crypto/digest.h"
#include "lib/store/redis/command.h"
#include "lib/store/redis/slot.h"

namespace atl::store::redis {
namespace {

using Kind = Reply::Kind;

constexpr size_t kVersionSize = 8;

// KEYS: values, order. ARGV: first bound, last bound (in the direction), F or B, limit, bytes.
// Answers with 1 if there is more, else 0, then sort keys and values in turn.
constexpr std::string_view kRange = R"(
local by = ARGV[3] == 'F' and 'ZRANGEBYLEX' or 'ZREVRANGEBYLEX'
local limit, left = tonumber(ARGV[4]), tonumber(ARGV[5])
local keys = redis.call(by, KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, limit + 1)
local out = {0}
for i, key in ipairs(keys) do
  if i > limit or left <= 0 then out[1] = 1 break end
  local value = redis.call('HGET', KEYS[1], key)
  if not value then return redis.error_reply('ATOLL an item of the order has no value') end
  left = left - #key - #value + 8
  out[#out + 1] = key
  out[#out + 1] = value
end
return out
)";

// KEYS: values, order. ARGV: version, then four of each change: what happens (P put, R remove, C
// nothing) with the condition (A always, N not there, T there, I is), sort key, value, version.
// Answers with -1 when all was done, else with the index of the change whose condition does not
// hold and its value, if it has one. Everything is judged before anything is changed,
// also, by the first two calls, whether the keys are of the store's types.
constexpr std::string_view kWrite = R"(
redis.call('HLEN', KEYS[1])
redis.call('ZCARD', KEYS[2])
for i = 2, #ARGV, 4 do
  local condition = string.byte(ARGV[i], 2)
  if condition ~= 65 then
    local value = redis.call('HGET', KEYS[1], ARGV[i + 1])
    local good
    if condition == 78 then good = not value
    elseif condition == 84 then good = value
    else good = value and string.sub(value, 1, 8) == ARGV[i + 3] end
    if not good then return {(i - 2) / 4, value} end
  end
end
for i = 2, #ARGV, 4 do
  local what = string.byte(ARGV[i], 1)
  if what == 80 then
    redis.call('HSET', KEYS[1], ARGV[i + 1], ARGV[1] .. ARGV[i + 2])
    redis.call('ZADD', KEYS[2], 0, ARGV[i + 1])
  elseif what == 82 then
    redis.call('HDEL', KEYS[1], ARGV[i + 1])
    redis.call('ZREM', KEYS[2], ARGV[i + 1])
  end
end
return {-1}
)";

void add(Call& call, std::string_view word) {
  append_word(call.rest, word);
  ++call.words;
}

void add_keys(Call& call, std::string_view prefix, std::string_view partition) {
  const PartitionKeys keys = keys_of(prefix, partition);
  add(call, "2");
  add(call, keys.values);
  add(call, keys.order);
}

char letter_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::Put:
      return 'P';
    case Change::Kind::Remove:
      return 'R';
    case Change::Kind::Check:
      break;
  }
  return 'C';
}

char letter_of(Condition::Kind kind) {
  switch (kind) {
    case Condition::Kind::Always:
      return 'A';
    case Condition::Kind::Absent:
      return 'N';
    case Condition::Kind::Present:
      return 'T';
    case Condition::Kind::Is:
      break;
  }
  return 'I';
}

std::string format_version(Version version) {
  return format_number(static_cast<uint64_t>(version));
}

std::optional<Item> read_item(std::string_view sort, const Reply& value) {
  if (!value.is(Kind::String) || value.text.size() < kVersionSize) return std::nullopt;
  const std::string_view text = value.text;
  const auto version = parse_number(text.substr(0, kVersionSize));
  if (*version == 0) return std::nullopt;
  return Item{std::string(sort), std::string(text.substr(kVersionSize)), Version{*version}};
}

}  // namespace

std::string_view text_of(Script script) {
  switch (script) {
    case Script::Get:
      return {};
    case Script::Range:
      return kRange;
    case Script::Write:
      break;
  }
  return kWrite;
}

Digests::Digests() : range(crypto::sha1_hex(kRange)), write(crypto::sha1_hex(kWrite)) {}

Call call_get(std::string_view prefix, std::string_view partition, std::string_view sort) {
  Call call{.script = Script::Get};
  add(call, keys_of(prefix, partition).values);
  add(call, sort);
  return call;
}

Call call_range(std::string_view prefix, const Range& range) {
  Call call{.script = Script::Range};
  add_keys(call, prefix, range.partition);
  const std::string begin = range.begin.empty() ? "-" : "[" + range.begin;
  const std::string end = range.end ? "(" + *range.end : "+";
  const bool forward = range.direction == Direction::Forward;
  add(call, forward ? begin : end);
  add(call, forward ? end : begin);
  add(call, forward ? "F" : "B");
  add(call, std::to_string(range.limit));
  add(call, std::to_string(range.max_bytes));
  return call;
}

Call call_write(std::string_view prefix, const Write& write, Version version) {
  Call call{.script = Script::Write};
  size_t bytes = 2 * (prefix.size() + write.partition.size()) + 128;
  for (const Change& change : write.changes) bytes += change.sort.size() + change.value.size() + 64;
  call.rest.reserve(bytes);
  add_keys(call, prefix, write.partition);
  add(call, format_version(version));
  for (const Change& change : write.changes) {
    const char letters[] = {letter_of(change.kind), letter_of(change.condition.kind)};
    add(call, {letters, sizeof letters});
    add(call, change.sort);
    add(call, change.value);
    const bool is = change.condition.kind == Condition::Kind::Is;
    add(call, is ? format_version(change.condition.version) : std::string());
  }
  return call;
}

void append_call(std::string& out, const Call& call, const Digests& digests, bool whole) {
  const bool get = call.script == Script::Get;
  append_head(out, call.words + (get ? 1 : 2));
  append_word(out, get ? "HGET" : whole ? "EVAL" : "EVALSHA");
  if (!get) {
    const std::string& digest = call.script == Script::Range ? digests.range : digests.write;
    append_word(out, whole ? text_of(call.script) : std::string_view(digest));
  }
  out += call.rest;
}

std::optional<std::optional<Item>> read_get(const Reply& reply, std::string_view sort) {
  if (reply.is(Kind::Nil)) return std::optional<Item>();
  auto item = read_item(sort, reply);
  if (!item) return std::nullopt;
  return item;
}

std::optional<Page> read_range(const Reply& reply) {
  if (!reply.is(Kind::Array) || reply.elements.size() % 2 != 1) return std::nullopt;
  const Reply& more = reply.elements[0];
  if (!more.is(Kind::Integer)) return std::nullopt;
  Page page;
  page.more = more.integer != 0;
  for (size_t i = 1; i < reply.elements.size(); i += 2) {
    if (!reply.elements[i].is(Kind::String)) return std::nullopt;
    auto item = read_item(reply.elements[i].text, reply.elements[i + 1]);
    if (!item) return std::nullopt;
    page.items.push_back(*std::move(item));
  }
  if (page.more && page.items.empty()) return std::nullopt;
  return page;
}

std::optional<Written> read_write(const Reply& reply, const Write& write, Version version) {
  if (!reply.is(Kind::Array) || reply.elements.empty()) return std::nullopt;
  const Reply& failed = reply.elements[0];
  if (!failed.is(Kind::Integer)) return std::nullopt;
  Written written;
  if (failed.integer == -1) {
    written.applied = true;
    for (const Change& change : write.changes)
      if (change.kind == Change::Kind::Put) written.version = version;
    return written;
  }
  if (failed.integer < 0 || static_cast<size_t>(failed.integer) >= write.changes.size())
    return std::nullopt;
  written.failed = static_cast<size_t>(failed.integer);
  // A value that is not there is false in Lua, and nil on the way.
  if (reply.elements.size() > 1 && !reply.elements[1].is(Kind::Nil)) {
    written.current = read_item(write.changes[written.failed].sort, reply.elements[1]);
    if (!written.current) return std::nullopt;
  }
  return written;
}

}  // namespace atl::store::redis
