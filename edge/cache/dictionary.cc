#include "edge/cache/dictionary.h"

#include <algorithm>

namespace atl::cache {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_tchar(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Walks over the input; every function leaves the position after what it read, or fails for good.
class Reader {
 public:
  explicit Reader(std::string_view input) : in_(input) {}

  bool done() const { return in_.empty(); }
  char peek() const { return in_.empty() ? '\0' : in_.front(); }
  bool take(char c) {
    if (peek() != c || in_.empty()) return false;
    in_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }
  void skip_ows() {
    while (take(' ') || take('\t')) {
    }
  }

  bool key(std::string_view& out);                 // section 4.2.3.3
  bool item_or_inner_list(DictionaryMember& out);  // section 4.2.1.1
  bool parameters();                               // section 4.2.3.2

 private:
  template <class Accept>
  std::string_view run(Accept accept) {
    const auto end = std::find_if_not(in_.begin(), in_.end(), accept);
    const std::string_view part(in_.begin(), end);
    in_.remove_prefix(part.size());
    return part;
  }
  bool bare_item(DictionaryMember& out);  // section 4.2.3.1
  bool number(DictionaryMember& out);     // section 4.2.4
  bool string(DictionaryMember& out);     // section 4.2.5
  bool byte_sequence();                   // section 4.2.7
  bool inner_list();                      // section 4.2.1.2

  std::string_view in_;
};

bool Reader::key(std::string_view& out) {
  if (!is_lower(peek()) && peek() != '*') return false;
  out = run([](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
  });
  return true;
}

bool Reader::item_or_inner_list(DictionaryMember& out) {
  if (peek() == '(') {
    out.type = DictionaryMember::Type::InnerList;
    if (!inner_list()) return false;
  } else if (!bare_item(out)) {
    return false;
  }
  return parameters();
}

bool Reader::parameters() {
  while (take(';')) {
    skip_spaces();
    std::string_view name;
    if (!key(name)) return false;
    DictionaryMember ignored;
    if (take('=') && !bare_item(ignored)) return false;
  }
  return true;
}

bool Reader::inner_list() {
  if (!take('(')) return false;
  while (!done()) {
    skip_spaces();
    if (take(')')) return true;
    DictionaryMember ignored;
    if (!bare_item(ignored) || !parameters()) return false;
    if (peek() != ' ' && peek() != ')') return false;
  }
  return false;
}

bool Reader::bare_item(DictionaryMember& out) {
  const char c = peek();
  if (c == '-' || is_digit(c)) return number(out);
  if (c == '"') return string(out);
  if (c == '*' || is_alpha(c)) {
    out.type = DictionaryMember::Type::Token;
    out.text = run([](char t) { return is_tchar(t) || t == ':' || t == '/'; });
    return true;
  }
  if (c == ':') {
    out.type = DictionaryMember::Type::ByteSequence;
    return byte_sequence();
  }
  if (!take('?')) return false;
  out.type = DictionaryMember::Type::Boolean;
  out.boolean = peek() == '1';
  return take('1') || take('0');
}

bool Reader::number(DictionaryMember& out) {
  const bool negative = take('-');
  const std::string_view whole = run(is_digit);
  if (whole.empty() || whole.size() > 15) return false;
  if (take('.')) {
    const std::string_view fraction = run(is_digit);
    out.type = DictionaryMember::Type::Decimal;
    return whole.size() <= 12 && !fraction.empty() && fraction.size() <= 3;
  }
  out.type = DictionaryMember::Type::Integer;
  out.integer = 0;
  for (const char digit : whole) out.integer = out.integer * 10 + (digit - '0');
  if (negative) out.integer = -out.integer;
  return true;
}

bool Reader::string(DictionaryMember& out) {
  if (!take('"')) return false;
  out.type = DictionaryMember::Type::String;
  const std::string_view begin = in_;
  while (!done()) {
    const char c = in_.front();
    if (c == '"') {
      out.text = begin.substr(0, begin.size() - in_.size());
      return take('"');
    }
    in_.remove_prefix(1);
    if (c == '\\') {
      if (!take('"') && !take('\\')) return false;
    } else if (c < 0x20 || c > 0x7e) {
      return false;
    }
  }
  return false;
}

bool Reader::byte_sequence() {
  if (!take(':')) return false;
  run([](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; });
  return take(':');
}

}  // namespace

std::optional<std::vector<DictionaryMember>> parse_dictionary(std::string_view input) {
  Reader reader(input);
  reader.skip_spaces();
  std::vector<DictionaryMember> members;
  while (!reader.done()) {
    DictionaryMember member;
    if (!reader.key(member.key)) return std::nullopt;
    if (reader.take('=') ? !reader.item_or_inner_list(member) : !reader.parameters()) {
      return std::nullopt;
    }
    members.push_back(member);
    reader.skip_ows();
    if (reader.done()) break;
    if (!reader.take(',')) return std::nullopt;
    reader.skip_ows();
    if (reader.done()) return std::nullopt;  // a trailing comma
  }
  return members;
}

}  // namespace atl::cache
