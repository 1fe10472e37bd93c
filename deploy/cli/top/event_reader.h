#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace atl::cli {

// Takes an event stream apart (WHATWG HTML, section 9.2.6), however it is cut into pieces. Lines
// end with LF or CRLF; comments and fields other than event and data are skipped. An event above 16
// MiB is dropped. One thread.
class EventReader {
 public:
  using OnEvent = std::function<void(const std::string& name, const std::string& data)>;
  explicit EventReader(OnEvent on_event) : on_event_(std::move(on_event)) {}

  void feed(std::string_view bytes);

 private:
  void line(std::string_view text);
  void field(std::string_view name, std::string_view value);

  const OnEvent on_event_;
  std::string partial_;  // a line without its end
  std::string name_;
  std::string data_;
  bool too_large_ = false;
};

}  // namespace atl::cli
