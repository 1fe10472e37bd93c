#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/store/redis/reply.h"
#include "lib/store/store.h"

// What is asked of a server and what it answers. Values are kept with their version (8 bytes) in
// front. Lua is what makes a conditional write one step.
namespace atl::store::redis {

enum class Script : uint8_t { Get, Range, Write };  // Get is a plain HGET

// The Lua text of it; empty for Get.
std::string_view text_of(Script script);

// A command as the protocol has it, but for its first two words of a script: the server is told the
// digest of the text, or the text itself when it does not know it.
struct Call {
  Script script = Script::Get;
  size_t words = 0;  // in `rest`
  std::string rest;
};

Call call_get(std::string_view prefix, std::string_view partition, std::string_view sort);
Call call_range(std::string_view prefix, const Range& range);
// `version`: of the items it puts; never given before.
Call call_write(std::string_view prefix, const Write& write, Version version);

// SHA-1 of each text, in hexadecimal: its name at the server. Made once.
struct Digests {
  Digests();
  std::string range;
  std::string write;
};

// Appends the whole command; `whole`: with the text.
void append_call(std::string& out, const Call& call, const Digests& digests, bool whole);

// What a reply that is not an error says. Nullopt: it is none of ours.
std::optional<std::optional<Item>> read_get(const Reply& reply, std::string_view sort);
std::optional<Page> read_range(const Reply& reply);
std::optional<Written> read_write(const Reply& reply, const Write& write, Version version);

}  // namespace atl::store::redis
