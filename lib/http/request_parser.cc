#include "lib/http/request_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "lib/base/check.h"
#include "lib/http/authority.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::http {
namespace {

// Empty lines a server should skip before a request line (RFC 9112 section 2.2).
constexpr size_t kLeadingLines = 4;
// Chunk sizes, extensions and trailers between two pieces of content.
constexpr size_t kFramingLimit = 16 * 1024;

std::unexpected<Refusal> refuse(uint16_t status, const char* reason) {
  return std::unexpected(Refusal{status, reason});
}

size_t leading_crlf(std::string_view input) {
  size_t at = 0;
  while (input.substr(at).starts_with("\r\n") && at / 2 < kLeadingLines) at += 2;
  return at;
}

bool has_control(std::string_view text) {
  bool found = false;
  for (const char c : text) found |= !is_field_value_char(c);
  return found;
}

// Every LF after a CR, every CR before an LF, no other control byte, no folded line.
std::expected<void, Refusal> check_lines(std::string_view head) {
  size_t start = 0;
  while (start < head.size()) {
    const auto* lf =
        static_cast<const char*>(std::memchr(head.data() + start, '\n', head.size() - start));
    if (lf == nullptr) return refuse(400, "the head does not end in an empty line");
    const size_t end = static_cast<size_t>(lf - head.data());
    if (end == start || head[end - 1] != '\r') return refuse(400, "a line ends in a bare LF");
    const std::string_view line = head.substr(start, end - 1 - start);
    if (has_control(line)) return refuse(400, "a control byte in the head");
    if (start > 0 && !line.empty() && is_ows(line.front())) {
      return refuse(400, "a folded or indented field line");
    }
    start = end + 1;
  }
  return {};
}

bool is_target_char(char c) { return c > 0x20 && c < 0x7f && c != '#'; }

// Fields that must not come as trailers, because they frame, route or authenticate (RFC 9110
// section 6.5.1).
bool is_forbidden_trailer(std::string_view name) {
  for (const std::string_view known : {"transfer-encoding",
                                       "content-length",
                                       "host",
                                       "content-encoding",
                                       "content-type",
                                       "content-range",
                                       "trailer",
                                       "authorization",
                                       "cookie",
                                       "set-cookie",
                                       "cache-control",
                                       "connection",
                                       "expect",
                                       "max-forwards",
                                       "te",
                                       "upgrade",
                                       "proxy-authorization",
                                       "range",
                                       "if-match",
                                       "if-none-match",
                                       "if-modified-since",
                                       "if-unmodified-since",
                                       "if-range",
                                       "keep-alive",
                                       "proxy-connection",
                                       "age",
                                       "date",
                                       "expires",
                                       "vary",
                                       "location"}) {
    if (equal_ignore_case(name, known)) return true;
  }
  return false;
}

Refusal from_llhttp(llhttp_errno_t error) {
  switch (error) {
    case HPE_INVALID_METHOD:
      return {501, "the method is not implemented"};
    case HPE_INVALID_VERSION:
      return {505, "the HTTP version is not supported"};
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return {400, "Content-Length is malformed, repeated or beside Transfer-Encoding"};
    case HPE_INVALID_TRANSFER_ENCODING:
      return {400, "Transfer-Encoding does not frame the request"};
    case HPE_INVALID_HEADER_TOKEN:
      return {400, "a field line is malformed"};
    case HPE_INVALID_CHUNK_SIZE:
      return {400, "a chunk size is malformed"};
    default:
      return {400, "the request is malformed"};
  }
}

}  // namespace

// llhttp's callbacks; `machine->data` is the parser.
struct RequestParser::Callbacks {
  static RequestParser& self(llhttp_t* machine) {
    return *static_cast<RequestParser*>(machine->data);
  }

  static int on_field(llhttp_t* machine, const char* at, size_t size) {
    RequestParser& parser = self(machine);
    if (parser.storage_ == nullptr) {
      parser.trailer_name_.append(at, size);
      return 0;
    }
    parser.storage_->fields.push_back({{at, size}, {}});
    return 0;
  }

  static int on_value(llhttp_t* machine, const char* at, size_t size) {
    RequestParser& parser = self(machine);
    if (parser.storage_ == nullptr) {
      parser.trailer_value_.append(at, size);
      return 0;
    }
    parser.storage_->fields.back().value = trim_ows({at, size});
    return 0;
  }

  static int on_value_complete(llhttp_t* machine) {
    RequestParser& parser = self(machine);
    if (parser.storage_ == nullptr) parser.end_trailer_line();
    return 0;
  }

  static int on_headers_complete(llhttp_t* machine) {
    RequestParser& parser = self(machine);
    if (parser.storage_ != nullptr) parser.keep_alive_ = llhttp_should_keep_alive(machine) != 0;
    return 0;
  }

  static int on_body(llhttp_t* machine, const char* at, size_t size) {
    RequestParser& parser = self(machine);
    if (!parser.check_chunk_framing(at)) return HPE_USER;
    parser.framing_from_ = at + size;
    parser.framing_bytes_ = 0;
    parser.sink_->on_body({at, size});
    return 0;
  }

  static int on_message_complete(llhttp_t* machine) {
    RequestParser& parser = self(machine);
    if (parser.storage_ != nullptr) return 0;  // no body
    parser.body_complete_ = true;
    return HPE_PAUSED;  // what follows is another request
  }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t out;
      llhttp_settings_init(&out);
      out.on_header_field = on_field;
      out.on_header_value = on_value;
      out.on_header_value_complete = on_value_complete;
      out.on_headers_complete = on_headers_complete;
      out.on_body = on_body;
      out.on_message_complete = on_message_complete;
      return out;
    }();
    return table;
  }
};

RequestParser::RequestParser(const HeadLimits& limits) : limits_(limits) {
  llhttp_init(&machine_, HTTP_REQUEST, &Callbacks::settings());
  machine_.data = this;
}

std::expected<size_t, Refusal> RequestParser::find_head(std::string_view input,
                                                        Search& search) const {
  const size_t skipped = leading_crlf(input);
  const std::string_view head = input.substr(skipped);
  // The end may straddle what was looked at before.
  const size_t from = search.scanned > 3 ? search.scanned - 3 : 0;
  const size_t end = from < head.size() ? head.find("\r\n\r\n", from) : std::string_view::npos;
  search.scanned = head.size();
  const size_t size = end == std::string_view::npos ? head.size() : end + 4;

  const size_t line_end = head.substr(0, limits_.request_line + 2).find("\r\n");
  if (line_end == std::string_view::npos && head.size() > limits_.request_line) {
    return refuse(414, "the request line is too long");
  }
  if (size > limits_.head) return refuse(431, "the head is too large");
  if (end != std::string_view::npos) return skipped + size;

  // Not complete: refuse early what nothing can mend, so that a client that sends no CRLF at all
  // does not have to be waited for.
  const size_t lf = head.find('\n');
  if (lf == 0 || (lf != std::string_view::npos && head[lf - 1] != '\r')) {
    return refuse(400, "a line ends in a bare LF");
  }
  return 0;
}

std::expected<void, Refusal> RequestParser::parse_head(std::string_view bytes, HeadStorage& out) {
  bytes.remove_prefix(leading_crlf(bytes));
  out.bytes.assign(bytes);
  out.fields.clear();
  out.head = RequestHead{};
  body_complete_ = true;
  trailers_.clear();

  const std::string_view head = out.bytes;
  if (auto lines = check_lines(head); !lines) return lines;
  const std::string_view request_line = head.substr(0, head.find("\r\n"));
  if (auto line = check_request_line(request_line, out.head); !line) return line;

  llhttp_reset(&machine_);
  storage_ = &out;
  const llhttp_errno_t status = llhttp_execute(&machine_, head.data(), head.size());
  storage_ = nullptr;
  // An upgrade is not taken up: the request is answered as if the field were not there (RFC 9110
  // section 7.8). A chunked body goes on in this machine.
  const bool parsed = status == HPE_OK || status == HPE_PAUSED_UPGRADE;
  if (!parsed && status != HPE_INVALID_TRANSFER_ENCODING) {
    return std::unexpected(from_llhttp(status));
  }
  out.head.fields = out.fields;
  if (auto fields = check_fields(out.head, keep_alive_); !fields) return fields;
  if (!parsed) return std::unexpected(from_llhttp(status));

  chunked_ = out.head.chunked;
  remaining_ = out.head.body_length.value_or(0);
  body_complete_ = !out.head.has_body();
  framing_bytes_ = 0;
  after_cr_ = false;
  return {};
}

std::expected<void, Refusal> RequestParser::check_request_line(std::string_view line,
                                                               RequestHead& head) const {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(400, "the request line is not a method, a target and a version");
  }
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method)) return refuse(400, "the method is not a token");
  if (head.target.empty() || !std::all_of(head.target.begin(), head.target.end(), is_target_char)) {
    return refuse(400, "the target has characters that must be percent-encoded");
  }
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return refuse(400, "the HTTP version is malformed");
  }
  if (version[5] != '1' || version[7] > '1') {
    return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  head.version_minor = static_cast<uint8_t>(version[7] - '0');
  if (head.method == "CONNECT") return refuse(501, "CONNECT is not implemented");
  return {};
}

std::expected<void, Refusal> RequestParser::check_fields(RequestHead& head, bool keep_alive) {
  if (head.fields.size() > limits_.fields) return refuse(431, "too many fields");
  for (const Field& field : head.fields) {
    // llhttp lets whitespace around names pass in places; a name is a token and nothing else.
    if (!is_token(field.name)) return refuse(400, "a field name is not a token");
  }
  if (auto framing = check_framing(head); !framing) return framing;
  if (auto target = resolve_target(head); !target) return target;

  for (const Field& field : head.fields) {
    if (!equal_ignore_case(field.name, "expect")) continue;
    if (!equal_ignore_case(field.value, "100-continue")) {
      return refuse(417, "the only expectation that can be met is 100-continue");
    }
    head.expects_continue = head.version_minor > 0 && head.has_body();
  }
  head.keep_alive = keep_alive;
  head.scheme = head.scheme.empty() ? "http" : head.scheme;
  return {};
}

// RFC 9112 section 6: one way to tell where the request ends, or none.
std::expected<void, Refusal> RequestParser::check_framing(RequestHead& head) const {
  const Field* length = find(head.fields, "content-length");
  const Field* coding = find(head.fields, "transfer-encoding");
  if (coding != nullptr) {
    if (length != nullptr) return refuse(400, "both Content-Length and Transfer-Encoding");
    if (head.version_minor == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (count(head.fields, "transfer-encoding") > 1)
      return refuse(400, "repeated Transfer-Encoding");
    if (!equal_ignore_case(coding->value, "chunked")) {
      return refuse(501, "the only transfer coding understood is chunked");
    }
    head.chunked = true;
    head.body_length = std::nullopt;
    return {};
  }
  if (length == nullptr) return {};
  if (count(head.fields, "content-length") > 1) return refuse(400, "repeated Content-Length");
  uint64_t size = 0;
  const char* end = length->value.data() + length->value.size();
  const auto [rest, status] = std::from_chars(length->value.data(), end, size);
  if (status != std::errc{} || rest != end || length->value.empty() || size > INT64_MAX) {
    return refuse(400, "Content-Length is not a number of bytes");
  }
  head.body_length = size;
  return {};
}

// RFC 9112 section 3.2 and 3.3.
std::expected<void, Refusal> RequestParser::resolve_target(RequestHead& head) const {
  const size_t hosts = count(head.fields, "host");
  if (hosts > 1) return refuse(400, "more than one Host field");
  if (hosts == 0 && head.version_minor > 0) return refuse(400, "no Host field");
  if (hosts == 1) {
    head.authority = find(head.fields, "host")->value;
    if (!is_authority(head.authority)) return refuse(400, "the Host field is not a host");
  }
  if (head.target.starts_with('/')) {
    head.path_and_query = head.target;
    return {};
  }
  if (head.target == "*") {
    if (head.method != "OPTIONS") return refuse(400, "only OPTIONS has the target \"*\"");
    head.path_and_query = head.target;
    return {};
  }
  const size_t colon = head.target.find("://");
  if (colon == std::string_view::npos) return refuse(400, "the target is not a path or a URL");
  const std::string_view scheme = head.target.substr(0, colon);
  if (!equal_ignore_case(scheme, "http") && !equal_ignore_case(scheme, "https")) {
    return refuse(400, "the target's scheme is neither http nor https");
  }
  const std::string_view rest = head.target.substr(colon + 3);
  const size_t slash = rest.find_first_of("/?");
  head.authority = rest.substr(0, slash);
  if (!is_authority(head.authority)) return refuse(400, "the target's authority is not a host");
  if (slash != std::string_view::npos && rest[slash] == '?') {
    return refuse(400, "the target has a query but no path");
  }
  head.path_and_query = slash == std::string_view::npos ? "/" : rest.substr(slash);
  return {};
}

std::expected<RequestParser::BodyProgress, Refusal> RequestParser::parse_body(
    std::string_view input, BodySink& sink) {
  if (body_complete_) return BodyProgress{0, true};
  if (!chunked_) {
    const size_t take = static_cast<size_t>(std::min<uint64_t>(remaining_, input.size()));
    remaining_ -= take;
    body_complete_ = remaining_ == 0;
    if (take > 0) sink.on_body(input.substr(0, take));
    return BodyProgress{take, body_complete_};
  }
  if (input.empty()) return BodyProgress{};
  sink_ = &sink;
  framing_from_ = input.data();
  const llhttp_errno_t status = llhttp_execute(&machine_, input.data(), input.size());
  sink_ = nullptr;
  const char* end = input.data() + input.size();
  if (body_complete_) {
    end = llhttp_get_error_pos(&machine_);
  } else if (status != HPE_OK) {
    return status == HPE_USER ? refuse(400, "chunked framing is malformed")
                              : std::unexpected(from_llhttp(status));
  }
  if (!check_chunk_framing(end)) return refuse(400, "chunked framing is malformed or too long");
  return BodyProgress{static_cast<size_t>(end - input.data()), body_complete_};
}

// What is not content is framing: sizes, extensions, trailers, and CRLF between them. llhttp takes
// bare CR and LF in places; nobody else on the path must read them differently.
bool RequestParser::check_chunk_framing(const char* until) {
  for (const char* at = framing_from_; at < until; ++at) {
    if (after_cr_ != (*at == '\n')) return false;
    after_cr_ = *at == '\r';
    if (!after_cr_ && *at != '\n' && !is_field_value_char(*at)) return false;
  }
  if (until > framing_from_) framing_bytes_ += static_cast<size_t>(until - framing_from_);
  framing_from_ = until;
  return framing_bytes_ <= kFramingLimit;
}

void RequestParser::end_trailer_line() {
  if (is_token(trailer_name_) && !is_forbidden_trailer(trailer_name_)) {
    trailers_.append(trailer_name_).append(": ").append(trim_ows(trailer_value_)).append("\r\n");
  }
  trailer_name_.clear();
  trailer_value_.clear();
}

}  // namespace atl::http
