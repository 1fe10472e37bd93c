#include "origin/sources/upstream_head.h"

#include <charconv>
#include <utility>
#include <vector>

#include "lib/http/chars.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"
#include "lib/rpc/field_check.h"
#include "origin/sources/field_lines.h"

namespace atl::origin {
namespace {

// Of one section, with its status line.
constexpr size_t kMostBytes = size_t{128} << 10;

std::optional<uint64_t> parse_length(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// RFC 9112 section 7.4: we send no TE, so chunked, once, is all that an upstream may apply. libcurl
// takes off chunked and leaves what is beneath, which would pass for the content. A coding that
// nobody has registered is taken for no coding, as libcurl does.
bool has_unasked_coding(const std::vector<http::Field>& fields) {
  size_t codings = 0;
  bool chunked = false;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "Transfer-Encoding")) continue;
    http::ListReader list(field.value);
    while (const auto member = list.next()) {
      ++codings;
      const auto coding = http::trim_ows(member->substr(0, member->find(';')));
      for (const std::string_view known : {"gzip", "x-gzip", "deflate", "compress", "x-compress"}) {
        if (http::equal_ignore_case(coding, known)) return true;
      }
      chunked |= http::equal_ignore_case(coding, "chunked");
    }
  }
  return chunked && codings > 1;
}

}  // namespace

UpstreamHead::Event UpstreamHead::invalid(const char* why) {
  problem_ = why;
  return Event::Invalid;
}

UpstreamHead::Event UpstreamHead::add(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMostBytes) return invalid("the upstream's head or trailers are too large");
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!in_section_ && !final_) return begin(line);
  if (line.empty()) return final_ ? Event::More : end_of_section();
  return add_field(line);
}

UpstreamHead::Event UpstreamHead::begin(std::string_view line) {
  // "HTTP/1.1 200 OK" or "HTTP/2 200 ".
  const size_t space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) {
    return invalid("the upstream's status line is malformed");
  }
  const std::string_view rest = line.substr(space + 1);
  const auto status = parse_length(rest.substr(0, 3));
  if (!status || *status < 100 || (rest.size() > 3 && rest[3] != ' ')) {
    return invalid("the upstream's status line is malformed");
  }
  status_ = static_cast<uint16_t>(*status);
  reason_ = rest.size() > 4 ? rest.substr(4) : "";
  if (!rpc::valid_reason(reason_)) return invalid("the upstream's status line is malformed");
  in_section_ = true;
  fields_.clear();
  return Event::More;
}

UpstreamHead::Event UpstreamHead::add_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    // An obsolete folded line (RFC 9112 section 5.2) becomes part of the one before.
    if (fields_.empty()) return invalid("a section of the upstream's begins with a folded line");
    fields_.resize(fields_.size() - 2);
    fields_.append(" ").append(http::trim_ows(line)).append("\r\n");
  } else {
    fields_.append(line).append("\r\n");
  }
  return Event::More;
}

UpstreamHead::Event UpstreamHead::end_of_section() {
  in_section_ = false;
  bytes_ = 0;
  std::vector<http::Field> fields;
  const std::string block = std::exchange(fields_, {});
  if (!http::split_field_block(block, fields)) {
    return invalid("the upstream's head holds a line that is no field, or too many");
  }
  fields_ = end_to_end(fields);
  if (status_ == 101) return invalid("the upstream changed the protocol, unasked");
  if (status_ < 200) return status_ == 100 ? Event::More : Event::Informational;
  final_ = true;
  transfer_encoding_ = http::find(fields, "Transfer-Encoding") != nullptr;
  if (transfer_encoding_ && has_unasked_coding(fields)) {
    return invalid("the upstream used a transfer coding that nobody asked for");
  }
  for (const http::Field& field : fields) {
    if (transfer_encoding_ || !http::equal_ignore_case(field.name, "Content-Length")) continue;
    const auto length = parse_length(field.value);
    if (!length || content_length_.value_or(*length) != *length) {
      return invalid("the upstream's Content-Length is malformed");
    }
    content_length_ = length;
  }
  return Event::Final;
}

std::optional<std::string> UpstreamHead::take_trailers() {
  std::vector<http::Field> fields;
  if (!http::split_field_block(fields_, fields)) return std::nullopt;
  return end_to_end(fields);
}

std::optional<uint64_t> UpstreamHead::body_length() const {
  if (bodiless_method_ || status_ == 204 || status_ == 304) return 0;
  return content_length_;
}

}  // namespace atl::origin
