#include "lib/http/request_parser.h"

#include <algorithm>
#include <charconv>

#include "lib/http/authority.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"
#include "lib/http/letter_case.h"
#include "lib/http/percent.h"
#include "lib/http/skip.h"

namespace atl::http {
namespace {

// Empty lines that are skipped before a request line (RFC 9112 section 2.2).
constexpr uint8_t kEmptyLines = 4;
// What is kept between requests; a larger head gives its memory back.
constexpr size_t kKeptBytes = 8 * 1024;

// What of the connection a field is about.
enum class Concern : uint8_t { None, Host, Length, Coding, Connection, Expect };

Concern concern_of(std::string_view name) {
  const auto is = [name](std::string_view known, Concern concern) {
    return same_name(name, known) ? concern : Concern::None;
  };
  switch (name.size()) {
    case 4:
      return is("host", Concern::Host);
    case 6:
      return is("expect", Concern::Expect);
    case 10:
      return is("connection", Concern::Connection);
    case 14:
      return is("content-length", Concern::Length);
    case 17:
      return is("transfer-encoding", Concern::Coding);
    default:
      return Concern::None;
  }
}

// Of Connection.
struct Options {
  bool close = false;
  bool keep_alive = false;
};

void read_options(std::string_view value, Options& out) {
  if (same_name(value, "keep-alive")) {  // what most clients send
    out.keep_alive = true;
    return;
  }
  ListReader list(value);
  while (const auto option = list.next()) {
    out.close |= equal_ignore_case(*option, "close");
    out.keep_alive |= equal_ignore_case(*option, "keep-alive");
  }
}

}  // namespace

// llhttp's callbacks; `machine->data` is the parser. A name or value may be reported in pieces,
// which lie one after the other in `bytes_`.
struct RequestParser::Callbacks {
  static RequestParser& self(llhttp_t* machine) {
    return *static_cast<RequestParser*>(machine->data);
  }
  static std::string_view extended(std::string_view text, const char* at, size_t size) {
    if (text.empty()) return {at, size};
    return {text.data(), static_cast<size_t>(at + size - text.data())};
  }

  static int on_name(llhttp_t* machine, const char* at, size_t size) {
    auto& fields = self(machine).fields_;
    const bool goes_on = !fields.empty() && !fields.back().name.empty() &&
                         fields.back().name.data() + fields.back().name.size() == at;
    if (!goes_on) fields.emplace_back();
    fields.back().name = extended(fields.back().name, at, size);
    return 0;
  }
  static int on_value(llhttp_t* machine, const char* at, size_t size) {
    auto& fields = self(machine).fields_;
    if (fields.empty()) return HPE_USER;
    fields.back().value = extended(fields.back().value, at, size);
    return 0;
  }
  // The body is not llhttp's affair (body_decoder.h).
  static int on_headers_complete(llhttp_t*) { return HPE_PAUSED; }

  static const llhttp_settings_t* settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t out;
      llhttp_settings_init(&out);
      out.on_header_field = on_name;
      out.on_header_value = on_value;
      out.on_headers_complete = on_headers_complete;
      return out;
    }();
    return &table;
  }
};

RequestParser::RequestParser(const HeadLimits& limits) : limits_(limits) {
  llhttp_init(&machine_, HTTP_REQUEST, Callbacks::settings());
  machine_.data = this;
  // How the body is framed is decided by read_framing(), with the status each breach deserves.
  llhttp_set_lenient_chunked_length(&machine_, 1);
  llhttp_set_lenient_transfer_encoding(&machine_, 1);
}

void RequestParser::reset() {
  state_ = State::More;
  at_ = At::Start;
  empty_lines_ = 0;
  field_lines_ = 0;
  if (bytes_.capacity() > kKeptBytes) std::string().swap(bytes_);
  bytes_.clear();
  fields_.clear();
  head_ = RequestHead{};
}

void RequestParser::refuse(uint16_t status, const char* reason) {
  state_ = State::Refused;
  refusal_ = {status, reason};
}

size_t RequestParser::feed(std::string_view input) {
  size_t taken = 0;
  while (state_ == State::More && taken < input.size()) {
    taken += scan(input.substr(taken));
    if (state_ == State::Refused) break;
    if (at_ == At::LineEnd) {
      check_request_line();
      at_ = At::FieldLine;
    } else if (at_ == At::End) {
      parse();
    }
  }
  return taken;
}

// An empty line, or the first byte of the request line. True if the byte was used up.
bool RequestParser::scan_start(char byte) {
  if (at_ == At::StartLf) {
    if (byte != '\n') {
      refuse(400, "a bare CR before the request line");
    } else if (++empty_lines_ > kEmptyLines) {
      refuse(400, "too many empty lines before the request line");
    }
    at_ = At::Start;
    return true;
  }
  at_ = byte == '\r' ? At::StartLf : At::Line;
  return byte == '\r';
}

// Looks at bytes until the input, the request line or the head ends, and keeps them. One state per
// place in the grammar, which is why it is longer than other functions; what follows a state in a
// head that arrives whole follows it here too.
size_t RequestParser::scan(std::string_view input) {
  const char* const begin = input.data();
  const char* p = begin;
  const char* kept = begin;  // from here on the bytes belong to the head
  const bool in_line = at_ <= At::LineLf;
  const size_t limit = in_line ? limits_.request_line + 2 : limits_.head;
  const char* const end = begin + std::min(input.size(), limit - std::min(limit, bytes_.size()));
  At at = at_;
  const char* wrong = nullptr;
  bool stop = false;
  while (p < end && !stop && wrong == nullptr) {
    switch (at) {
      case At::Start:
      case At::StartLf:
        at_ = at;
        if (scan_start(*p)) kept = ++p;
        at = at_;
        stop = state_ != State::More;
        break;
      case At::Line:
        p = skip<LineChars>(begin, p, end);
        if (p == end) break;
        at = At::LineLf;
        if (*p++ != '\r') wrong = "a byte that must not be in a request line";
        break;
      case At::LineLf:
        at = At::LineEnd;
        stop = true;
        if (*p++ != '\n') wrong = "a bare CR in the request line";
        break;
      case At::FieldLine:
        if (*p == '\r') {
          ++p;
          at = At::EndLf;
          break;
        }
        if (!is_token_char(*p)) {
          wrong = is_ows(*p) ? "a folded field line" : "a field line without a name";
          break;
        }
        if (++field_lines_ > limits_.fields) {
          refuse(431, "too many fields");
          stop = true;
          break;
        }
        at = At::Name;
        [[fallthrough]];
      case At::Name:
        p = skip<TokenChars>(begin, p, end);
        if (p == end) break;
        at = At::Value;
        if (*p++ != ':') {
          wrong = "a field name that is not a token and a colon";
          break;
        }
        [[fallthrough]];
      case At::Value:
        p = skip<FieldValueChars>(begin, p, end);
        if (p == end) break;
        at = At::ValueLf;
        if (*p++ != '\r') {
          wrong = "a byte that must not be in a field value";
          break;
        }
        if (p == end) break;
        [[fallthrough]];
      case At::ValueLf:
        at = At::FieldLine;
        if (*p++ != '\n') wrong = "a bare CR in a field line";
        break;
      case At::EndLf:
        at = At::End;
        stop = true;
        if (*p++ != '\n') wrong = "a bare CR at the end of the head";
        break;
      case At::LineEnd:
      case At::End:
        stop = true;
        break;
    }
  }
  at_ = at;
  if (wrong != nullptr) refuse(400, wrong);
  bytes_.append(kept, static_cast<size_t>(p - kept));
  if (state_ == State::More && !stop && bytes_.size() >= limit) {
    if (in_line) {
      refuse(414, "the request line is too long");
    } else {
      refuse(431, "the head is too large");
    }
  }
  return static_cast<size_t>(p - begin);
}

// As soon as the line is there: whoever sends HTTP/0.9 waits for an answer, not with more bytes.
void RequestParser::check_request_line() {
  const std::string_view line(bytes_.data(), bytes_.size() - 2);
  const size_t first = line.find(' ');
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) return refuse(400, "the method is not a token");
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(400, "the request line is not a method, a target and a version");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.empty() || !consists_of<TargetChars>(target)) {
    return refuse(400, "the target has characters that must be percent-encoded");
  }
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return refuse(400, "the HTTP version is malformed");
  }
  if (version[5] != '1' || version[7] > '1') {
    return refuse(505, "this version of HTTP is not spoken here");
  }
  head_.version_minor = static_cast<uint8_t>(version[7] - '0');
  method_size_ = first;
  target_size_ = target.size();
}

void RequestParser::parse() {
  // `bytes_` may have moved since the line was checked.
  head_.method = {bytes_.data(), method_size_};
  head_.target = {bytes_.data() + method_size_ + 1, target_size_};
  head_.scheme = scheme_;
  if (head_.method == "CONNECT") return refuse(501, "CONNECT is not implemented");
  if (!run_llhttp()) return;
  head_.fields = fields_;
  if (read_fields()) state_ = State::Complete;
}

bool RequestParser::run_llhttp() {
  llhttp_reset(&machine_);
  const llhttp_errno_t status = llhttp_execute(&machine_, bytes_.data(), bytes_.size());
  // Paused at the end of the head, or, with a method that is not HTTP's, never begun.
  if (status == HPE_PAUSED) {
    // Both have read the same lines; if they disagree on where one ends, others will too.
    if (fields_.size() == field_lines_) return true;
    refuse(400, "the head is ambiguous");
  } else if (status == HPE_INVALID_METHOD || status == HPE_INVALID_CONSTANT ||
             status == HPE_PAUSED_H2_UPGRADE) {
    refuse(501, "the method is not implemented");
  } else if (status == HPE_INVALID_CONTENT_LENGTH || status == HPE_UNEXPECTED_CONTENT_LENGTH) {
    refuse(400, "Content-Length is malformed or repeated");
  } else {
    refuse(400, "the head is malformed");
  }
  return false;
}

// One pass over the fields that concern this connection.
bool RequestParser::read_fields() {
  const Field* host = nullptr;
  const Field* length = nullptr;
  const Field* coding = nullptr;
  size_t hosts = 0;
  size_t framing_fields = 0;
  Options options;
  bool expects = false;
  for (Field& field : fields_) {
    field.value = trim_ows(field.value);
    switch (concern_of(field.name)) {
      case Concern::None:
        break;
      case Concern::Host:
        host = &field;
        ++hosts;
        break;
      case Concern::Length:
        length = &field;
        ++framing_fields;
        break;
      case Concern::Coding:
        coding = &field;
        ++framing_fields;
        break;
      case Concern::Connection:
        read_options(field.value, options);
        break;
      case Concern::Expect:
        if (head_.version_minor == 0) break;  // HTTP/1.0 has no expectations
        // RFC 9110 section 10.1.1.
        if (!equal_ignore_case(field.value, "100-continue")) {
          refuse(417, "the only expectation that can be met is 100-continue");
          return false;
        }
        expects = true;
        break;
    }
  }
  if (!read_framing(length, coding, framing_fields) || !read_target(host, hosts)) return false;
  head_.keep_alive = !options.close && (head_.version_minor > 0 || options.keep_alive);
  head_.expects_continue = expects && head_.has_body();
  return true;
}

// RFC 9112 section 6: one way to tell where the request ends, or no body.
bool RequestParser::read_framing(const Field* length, const Field* coding, size_t framing_fields) {
  if (framing_fields == 0) return true;
  if (length != nullptr && coding != nullptr) {
    refuse(400, "both Content-Length and Transfer-Encoding");
  } else if (coding != nullptr && head_.version_minor == 0) {
    refuse(400, "Transfer-Encoding in HTTP/1.0");
  } else if (framing_fields > 1) {
    refuse(coding != nullptr ? 501 : 400, "a repeated framing field");
  } else if (coding != nullptr) {
    if (!equal_ignore_case(coding->value, "chunked")) {
      refuse(501, "the only transfer coding that is implemented is chunked");
      return false;
    }
    head_.chunked = true;
    head_.body_length = std::nullopt;
    return true;
  } else {
    uint64_t size = 0;
    const std::string_view text = length->value;
    const char* const end = text.data() + text.size();
    const auto [rest, status] = std::from_chars(text.data(), end, size);
    if (status == std::errc{} && rest == end && size <= INT64_MAX) {
      head_.body_length = size;
      return true;
    }
    refuse(400, "Content-Length is not a number of bytes");
  }
  return false;
}

// RFC 9112 sections 3.2 and 3.3.
bool RequestParser::read_target(const Field* host, size_t hosts) {
  if (hosts > 1 || (hosts == 0 && head_.version_minor > 0)) {
    refuse(400, hosts > 1 ? "more than one Host" : "no Host");
    return false;
  }
  if (host != nullptr) {
    head_.authority = host->value;
    if (!is_authority(head_.authority)) {
      refuse(400, "Host is not a host");
      return false;
    }
  }
  head_.path_and_query = head_.target;
  if (head_.target == "*") {
    if (head_.method == "OPTIONS") return true;
    refuse(400, "only OPTIONS has the target \"*\"");
    return false;
  }
  if (!head_.target.starts_with('/') && !read_absolute_form()) return false;
  const std::string_view path = head_.path_and_query.substr(0, head_.path_and_query.find('?'));
  if (has_valid_percent_encoding(path)) return true;
  refuse(400, "the path has a \"%\" that encodes nothing");
  return false;
}

// RFC 9112 section 3.2.2: the target's authority counts, whatever Host says.
bool RequestParser::read_absolute_form() {
  const size_t colon = head_.target.find("://");
  const std::string_view scheme = head_.target.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(scheme)) {
    refuse(400, "the target is neither a path nor a URL");
    return false;
  }
  if (!equal_ignore_case(scheme, scheme_)) {
    // RFC 9110 section 7.4: "https" does not come over a connection without TLS, nor "http" over
    // one with it.
    const bool misdirected =
        equal_ignore_case(scheme, "https") || equal_ignore_case(scheme, "http");
    refuse(misdirected ? 421 : 400, "the target's scheme is not served here");
    return false;
  }
  const std::string_view rest = head_.target.substr(colon + 3);
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  head_.authority = rest.substr(0, end);
  if (!is_authority(head_.authority)) {
    refuse(400, "the target's authority is not a host");
    return false;
  }
  head_.path_and_query = rest.substr(end);
  if (head_.path_and_query.empty()) {
    // RFC 9112 section 3.2.4.
    head_.path_and_query = head_.method == "OPTIONS" ? "*" : "/";
  } else if (head_.path_and_query.starts_with('?')) {
    scratch_.assign("/").append(head_.path_and_query);
    head_.path_and_query = scratch_;
  }
  return true;
}

}  // namespace atl::http
