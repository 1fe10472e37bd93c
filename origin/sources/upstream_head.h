#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace atl::origin {

// Makes response heads and trailers out of the lines libcurl gives, as received. Pure.
class UpstreamHead {
 public:
  enum class Event : uint8_t {
    More,           // nothing is complete yet
    Informational,  // status() and fields() are those of a 1xx
    Final,          // of the final response
    Invalid,        // no HTTP; problem() says why
  };

  explicit UpstreamHead(bool bodiless_method) : bodiless_method_(bodiless_method) {}

  // One line with its CRLF, or the empty line that ends a section.
  Event add(std::string_view line);

  uint16_t status() const { return status_; }
  const std::string& reason() const { return reason_; }
  // End-to-end fields; after Final, add() goes on to collect trailers.
  std::string take_fields() { return std::exchange(fields_, {}); }
  // Of the body that follows; absent: not known.
  std::optional<uint64_t> body_length() const;
  bool has_final() const { return final_; }
  std::optional<std::string> take_trailers();  // nullopt: they are malformed
  const char* problem() const { return problem_; }

 private:
  Event begin(std::string_view status_line);
  Event end_of_section();
  Event add_field(std::string_view line);
  Event invalid(const char* why);

  const bool bodiless_method_;
  bool in_section_ = false;
  bool final_ = false;
  uint16_t status_ = 0;
  std::string reason_;
  std::string fields_;
  std::optional<uint64_t> content_length_;
  bool transfer_encoding_ = false;
  size_t bytes_ = 0;
  const char* problem_ = "";
};

}  // namespace atl::origin
