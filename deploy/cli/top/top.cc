#include "deploy/cli/top/top.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "deploy/cli/top/event_reader.h"

namespace atl::cli {
namespace {

struct TopCommand {
  Common common;
  uint64_t seconds = 0;  // 0: until interrupted
};

volatile sig_atomic_t interrupted = 0;

void interrupt(int) { interrupted = 1; }

ScreenSize screen_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

// The screen of its own that a terminal has, so that what was there comes back at the end.
class Terminal {
 public:
  explicit Terminal(bool wanted) : on_(wanted && isatty(STDOUT_FILENO) == 1) {
    if (on_) fmt::print("\x1b[?1049h\x1b[?25l");
  }
  ~Terminal() {
    if (!on_) return;
    fmt::print("\x1b[?25h\x1b[?1049l");
    std::fflush(stdout);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // False: nobody reads any more.
  bool draw(const std::string& text) const {
    if (on_) fmt::print("\x1b[H\x1b[2J");
    fmt::print("{}{}", text, on_ ? "" : "\n");
    return std::fflush(stdout) == 0;
  }
  bool on() const { return on_; }

 private:
  const bool on_;
};

class Show {
 public:
  explicit Show(const TopCommand& command) : command_(command), terminal_(!command.common.json) {}

  void event(const std::string& name, const std::string& data) {
    const JsonValue json = JsonValue::parse(data, nullptr, false);
    if (!json.is_object()) return;
    if (command_.common.json) {
      more_ = more_ && terminal_line(name, json);
    } else if (name == "sample") {
      const ScreenSize all{512, 1024};  // into a file
      more_ =
          more_ && terminal_.draw(top_screen(layout_, json, terminal_.on() ? screen_size() : all));
    }
    if (name == "layout") layout_ = json;
    if (name == "sample" && ++samples_ == command_.seconds) more_ = false;
  }
  bool more() const { return more_ && interrupted == 0; }

 private:
  static bool terminal_line(const std::string& name, const JsonValue& json) {
    fmt::print("{}\n", JsonValue{{"event", name}, {"data", json}}.dump());
    return std::fflush(stdout) == 0;
  }

  const TopCommand& command_;
  const Terminal terminal_;
  JsonValue layout_ = JsonValue::object();
  uint64_t samples_ = 0;
  bool more_ = true;
};

int run_top(const TopCommand& command) {
  const auto api = Api::open(command.common.access);
  if (!api) return complain("top", api.error(), 2);
  struct sigaction action{};
  action.sa_handler = interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  Outcome<void> ended;
  {
    Show show(command);
    EventReader reader(
        [&](const std::string& name, const std::string& data) { show.event(name, data); });
    ended = api->stream("/v1/live", [&](std::string_view bytes) {
      reader.feed(bytes);
      return show.more();
    });
    if (!show.more()) return 0;
  }
  return complain("top", ended ? "the control plane ended the stream" : ended.error(), 1);
}

}  // namespace

void add_top(CLI::App& app, Run& run) {
  auto command = std::make_shared<TopCommand>();
  CLI::App& sub = *app.add_subcommand("top", "What the PoPs do, second by second, until Ctrl-C");
  sub.add_option("--seconds", command->seconds, "End after so many; default: never")
      ->check(CLI::PositiveNumber);
  add_common(sub, command->common);
  sub.get_option("--json")->description("Every event as a line of JSON");
  sub.callback([&run, command] { run = [command] { return run_top(*command); }; });
}

}  // namespace atl::cli
