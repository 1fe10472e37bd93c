#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/server/exchange.h"

namespace atl::control {

// Keeps the one answer it is given.
class FakeResponder final : public server::Responder {
 public:
  explicit FakeResponder(std::string client = "127.0.0.1") : client_(std::move(client)) {}

  void inform(std::string_view) override {}
  void respond(std::span<const std::string_view> head, std::span<const std::string_view> content,
               server::Framing framing, Holder) override {
    ++answers;
    for (const std::string_view piece : head) head_ += piece;
    if (framing.bodiless) return;
    for (const std::string_view piece : content) body += piece;
  }
  void begin(std::span<const std::string_view> head, server::Framing) override {
    ++answers;
    for (const std::string_view piece : head) head_ += piece;
  }
  bool write(std::string_view piece, Holder) override {
    body += piece;
    return has_room;
  }
  void finish(std::string_view) override { finished = true; }
  void fail() override {}
  void read_body() override { reading = true; }
  void pause_body() override { reading = false; }
  std::string_view client_address() const override { return client_; }

  int status() const { return head_.size() < 12 ? 0 : std::stoi(head_.substr(9, 3)); }
  // Value of a field line; "-" if there is none.
  std::string field(const std::string& name) const {
    const size_t at = head_.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "-";
    const size_t begin = at + name.size() + 4;
    return head_.substr(begin, head_.find("\r\n", begin) - begin);
  }

  std::string body;
  int answers = 0;
  bool reading = false;
  bool has_room = true;   // what write() says
  bool finished = false;  // a stream that was begun

 private:
  std::string client_;
  std::string head_;
};

}  // namespace atl::control
