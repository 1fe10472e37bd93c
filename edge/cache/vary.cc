#include "edge/cache/vary.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "edge/cache/text.h"

namespace atl::cache {

// Appends to a VariantKey; once something did not fit, nothing more is written.
class VariantKeyWriter {
 public:
  explicit VariantKeyWriter(VariantKey& key) : key_(key) { key_.size_ = 0; }

  void put(char c) {
    if (key_.size_ == kMaxVariantKey) {
      fits_ = false;
    } else {
      key_.buffer_[key_.size_++] = c;
    }
  }
  void put(std::string_view text) {
    if (text.size() > kMaxVariantKey - key_.size_) {
      fits_ = false;
      return;
    }
    if (!text.empty()) std::memcpy(key_.buffer_.data() + key_.size_, text.data(), text.size());
    key_.size_ += text.size();
  }
  void put_lower(std::string_view text) {
    for (const char c : text) put(http::to_lower(c));
  }
  bool fits() const { return fits_; }
  void clear() { key_.size_ = 0; }

 private:
  VariantKey& key_;
  bool fits_ = true;
};

namespace {

constexpr char kPresent = '\x01';
// Members of a weighted list above this are kept in order instead of sorted; a list that long is no
// browser's.
constexpr size_t kMaxSorted = 64;

enum class Syntax : uint8_t { List, Weighted, Opaque };

Syntax syntax_of(std::string_view name) {
  for (const std::string_view known : {"accept-encoding", "accept-language", "accept-charset"}) {
    if (http::equal_ignore_case(name, known)) return Syntax::Weighted;
  }
  for (const std::string_view known :
       {"cookie", "authorization", "user-agent", "referer", "origin"}) {
    if (http::equal_ignore_case(name, known)) return Syntax::Opaque;
  }
  return Syntax::List;
}

bool is_weight_of_one(std::string_view parameter) {
  if (parameter.size() < 3 || http::to_lower(parameter[0]) != 'q' || parameter[1] != '=')
    return false;
  std::string_view value = parameter.substr(2);
  if (!value.starts_with('1')) return false;
  value.remove_prefix(1);
  return value.empty() ||
         (value.starts_with('.') && value.find_first_not_of('0', 1) == std::string_view::npos);
}

// A buffer for the members of one weighted list, normalised, before they are sorted.
class Members {
 public:
  // False when there is no more room.
  bool add(std::string_view member) {
    if (count_ == members_.size()) return false;
    const size_t begin = size_;
    for (size_t at = 0; at <= member.size();) {
      const size_t end = std::min(member.find(';', at), member.size());
      const std::string_view part = http::trim_ows(member.substr(at, end - at));
      at = end + 1;
      if (is_weight_of_one(part)) continue;
      if (size_ + part.size() + 1 > text_.size()) return false;
      if (size_ != begin) text_[size_++] = ';';
      for (const char c : part) text_[size_++] = http::to_lower(c);
    }
    members_[count_++] = {text_.data() + begin, size_ - begin};
    return true;
  }
  std::span<const std::string_view> sorted() {
    std::sort(members_.begin(), members_.begin() + static_cast<ptrdiff_t>(count_));
    return {members_.data(), count_};
  }

 private:
  std::array<char, kMaxVariantKey> text_;
  std::array<std::string_view, kMaxSorted> members_;
  size_t size_ = 0;
  size_t count_ = 0;
};

void write_opaque(http::Fields request, std::string_view name, VariantKeyWriter& out) {
  bool first = true;
  for_each_line(request, name, [&](std::string_view value) {
    if (!first) out.put(", ");
    out.put(value);
    first = false;
  });
}

void write_list(http::Fields request, std::string_view name, VariantKeyWriter& out) {
  bool first = true;
  for_each_line(request, name, [&](std::string_view value) {
    for_each_list_member(value, [&](std::string_view member) {
      if (!first) out.put(',');
      out.put(member);
      first = false;
    });
  });
}

void write_weighted(http::Fields request, std::string_view name, VariantKeyWriter& out) {
  Members members;
  bool fits = true;
  for_each_line(request, name, [&](std::string_view value) {
    for_each_list_member(value,
                         [&](std::string_view member) { fits = fits && members.add(member); });
  });
  if (!fits) {
    write_list(request, name, out);
    return;
  }
  bool first = true;
  for (const std::string_view member : members.sorted()) {
    if (!first) out.put(',');
    out.put(member);
    first = false;
  }
}

void write_value(http::Fields request, std::string_view name, VariantKeyWriter& out) {
  if (has_field(request, name)) {
    out.put(kPresent);
    switch (syntax_of(name)) {
      case Syntax::List:
        write_list(request, name, out);
        break;
      case Syntax::Weighted:
        write_weighted(request, name, out);
        break;
      case Syntax::Opaque:
        write_opaque(request, name, out);
        break;
    }
  }
  out.put('\0');
}

bool less_ignoring_case(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return http::to_lower(x) < http::to_lower(y);
  });
}

// The selecting field names: sorted, without duplicates.
struct Names {
  std::array<std::string_view, kMaxVaryNames> all;
  size_t count = 0;
  VaryOutcome outcome = VaryOutcome::Ok;

  void add(std::string_view name) {
    // "*", and what is no field name: who knows what the origin meant; so it matches nothing.
    if (!http::is_token(name) || name == "*") {
      outcome = VaryOutcome::Star;
      return;
    }
    const auto end = all.begin() + static_cast<ptrdiff_t>(count);
    if (std::any_of(all.begin(), end,
                    [&](std::string_view known) { return http::equal_ignore_case(known, name); })) {
      return;
    }
    if (count == all.size()) {
      if (outcome == VaryOutcome::Ok) outcome = VaryOutcome::TooLarge;
      return;
    }
    all[count++] = name;
  }
};

}  // namespace

VaryOutcome make_variant_key(http::Fields request, http::Fields response, VariantKey& out,
                             std::string_view also) {
  VariantKeyWriter writer(out);
  Names names;
  for_each_line(response, "vary", [&](std::string_view value) {
    for_each_list_member(value, [&](std::string_view member) { names.add(member); });
  });
  for_each_list_member(also, [&](std::string_view member) { names.add(member); });
  if (names.outcome != VaryOutcome::Ok || names.count == 0) return names.outcome;

  const auto begin = names.all.begin();
  const auto end = begin + static_cast<ptrdiff_t>(names.count);
  std::sort(begin, end, less_ignoring_case);
  for (auto it = begin; it != end; ++it) {
    if (it != begin) writer.put(',');
    writer.put_lower(*it);
  }
  writer.put('\0');
  for (auto it = begin; it != end; ++it) write_value(request, *it, writer);
  if (writer.fits()) return VaryOutcome::Ok;
  writer.clear();
  return VaryOutcome::TooLarge;
}

std::string_view variant_names(std::string_view variant_key) {
  return variant_key.substr(0, variant_key.find('\0'));
}

bool make_key_for_names(std::string_view names, http::Fields request, VariantKey& out) {
  VariantKeyWriter writer(out);
  writer.put(names);
  writer.put('\0');
  for (size_t at = 0; at <= names.size();) {
    const size_t end = std::min(names.find(',', at), names.size());
    write_value(request, names.substr(at, end - at), writer);
    at = end + 1;
  }
  return writer.fits();
}

bool matches_variant(std::string_view variant_key, http::Fields request) {
  if (variant_key.empty()) return true;
  VariantKey mine;
  return make_key_for_names(variant_names(variant_key), request, mine) &&
         mine.bytes() == variant_key;
}

}  // namespace atl::cache
