#include "edge/handover/message.h"

#include <fmt/format.h>

#include <charconv>

namespace atl::edge::handover {
namespace {

constexpr int kKinds = static_cast<int>(PurgeSpec::Kind::Everything) + 1;

std::optional<uint64_t> number_of(std::string_view word) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::string_view take_word(std::string_view& text) {
  const size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  return word;
}

}  // namespace

std::string socket_message(std::string_view kind, std::string_view address) {
  return fmt::format("socket {} {}", kind, address);
}

std::string instance_message(std::string_view name) { return fmt::format("instance {}", name); }

// The value is last, because it may hold spaces.
std::string purge_message(uint64_t number, const PurgeSpec& spec) {
  return fmt::format("purge {} {} {} {}", number, static_cast<int>(spec.kind), spec.soft ? 1 : 0,
                     spec.value);
}

std::string purged_message(uint64_t number) { return fmt::format("purged {}", number); }

Line parse_line(std::string_view text) {
  Line line{.verb = take_word(text), .words = {}};
  while (!text.empty()) line.words.push_back(take_word(text));
  return line;
}

Result<NumberedPurge> parse_purge(std::string_view text) {
  const bool begins = take_word(text) == "purge";
  const auto number = number_of(take_word(text));
  const auto kind = number_of(take_word(text));
  const auto soft = number_of(take_word(text));
  if (!begins || !number || !kind || *kind >= kKinds || !soft || *soft > 1) {
    return std::unexpected(Error{Code::Invalid, Side::Self, false, "it is no purge"});
  }
  return NumberedPurge{*number,
                       {.kind = static_cast<PurgeSpec::Kind>(*kind),
                        .value = std::string(text),
                        .soft = *soft == 1}};
}

std::optional<uint64_t> parse_purged(std::string_view text) {
  if (take_word(text) != "purged") return std::nullopt;
  return number_of(text);
}

}  // namespace atl::edge::handover
