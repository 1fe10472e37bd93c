#include "origin/sources/directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/unit/origin/fake_responder.h"

namespace atl::origin::test {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct Site {
  Site() {
    std::string pattern = (fs::temp_directory_path() / "atoll-directory-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    put(root() / "index.html", "<home>");
    put(root() / "docs/index.html", "<docs>");
    put(root() / "docs/a b.css", "a{}");
    put(root() / "caf\xc3\xa9.txt", "unicode");
    put(root() / "empty", "");
    put(root() / "no-index/x.bin", "x");
    put(folder / "secret.txt", "secret");
    put(folder / "www-evil/x.txt", "a neighbour whose name begins alike");
  }
  ~Site() { fs::remove_all(folder); }
  fs::path root() const { return folder / "www"; }

  std::unique_ptr<Source> source(bool follow_symlinks = false) {
    DirectoryOptions options;
    options.root = root();
    options.cache_control = "max-age=60";
    options.follow_symlinks = follow_symlinks;
    auto made = make_directory_source(std::move(options), types, pool);
    REQUIRE(made);
    return std::move(*made);
  }

  fs::path folder;
  ContentTypes types = ContentTypes::load("/nonexistent");
  TaskPool pool{2};
};

bool has(const FakeResponder& got, std::string_view line) {
  return got.response.fields.find(std::string(line) + "\r\n") != std::string::npos;
}

TEST_CASE("directory: files, indexes and redirects") {
  Site site;
  const auto source = site.source();
  struct Row {
    const char* target;
    uint16_t status;
    const char* body;
    const char* field;
  };
  for (const Row& row : {
           Row{"/", 200, "<home>", "Content-Type: text/html"},
           Row{"/index.html?x=1", 200, "<home>", "Cache-Control: max-age=60"},
           Row{"/docs/", 200, "<docs>", "Content-Type: text/html"},
           Row{"/docs/a%20b.css", 200, "a{}", "Content-Type: text/css"},
           Row{"/caf%C3%A9.txt", 200, "unicode", "Content-Type: text/plain"},
           Row{"/empty", 200, "", "Content-Type: application/octet-stream"},
           Row{"/docs", 301, nullptr, "Location: /docs/"},
           Row{"/docs?a=b", 301, nullptr, "Location: /docs/?a=b"},
           Row{"/no-index/", 404, nullptr, ""},
           Row{"/missing", 404, nullptr, ""},
           Row{"/index.html/", 404, nullptr, ""},
           Row{"/index.html/x", 404, nullptr, ""},
       }) {
    CAPTURE(row.target);
    const auto got = ask(*source, request_for("GET", row.target));
    CHECK(got->response.status == row.status);
    if (row.body != nullptr) CHECK(got->body == row.body);
    if (*row.field != '\0') CHECK(has(*got, row.field));
    CHECK(got->response.body_length == got->body.size());
    CHECK(got->trailers == "");
  }
  const auto head = ask(*source, request_for("HEAD", "/"));
  CHECK(head->body.empty());
  CHECK(head->response.body_length == 0);
  CHECK(has(*head, "Content-Length: 6"));
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    const auto got = ask(*source, request_for(method, "/"));
    CHECK(got->response.status == 405);
    CHECK(has(*got, "Allow: GET, HEAD"));
  }
}

TEST_CASE("directory: nothing outside the root can be reached") {
  Site site;
  fs::create_symlink(site.folder / "secret.txt", site.root() / "out");
  fs::create_symlink("../secret.txt", site.root() / "out-relative");
  fs::create_symlink("..", site.root() / "up");
  fs::create_symlink("/", site.root() / "slash");
  fs::create_symlink("index.html", site.root() / "inside");
  fs::create_symlink("docs", site.root() / "folder");
  fs::create_symlink("loop", site.root() / "loop");
  fs::create_symlink("/proc/self/root", site.root() / "magic");
  REQUIRE(::mkfifo((site.root() / "pipe").c_str(), 0600) == 0);
  const int sock = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (site.root() / "sock").c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(sock, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);

  for (const bool follow : {false, true}) {
    CAPTURE(follow);
    const auto source = site.source(follow);
    for (const std::string target : {"/../secret.txt",
                                     "/..%2fsecret.txt",
                                     "/%2e%2e/secret.txt",
                                     "/docs/../../secret.txt",
                                     "/../www-evil/x.txt",
                                     "/out",
                                     "/out-relative",
                                     "/up/secret.txt",
                                     "/slash/etc/passwd",
                                     "/loop",
                                     "/magic/etc/passwd",
                                     "/index.html%00.png",
                                     "/pipe",
                                     "/sock",
                                     "//etc/passwd",
                                     "/docs//../../secret.txt",
                                     "/.",
                                     "/..",
                                     "/%2e/",
                                     "*"}) {
      CAPTURE(target);
      const auto got = ask(*source, request_for("GET", target));
      CHECK(got->response.status >= 400);
      CHECK(got->response.status < 500);
      CHECK(got->body.find("secret\n") == std::string::npos);
      CHECK(got->body != "secret");
      CHECK(got->body.find("root:") == std::string::npos);
    }
    for (const size_t length : {255UL, 256UL, 4096UL, 60000UL}) {
      CHECK(ask(*source, request_for("GET", "/" + std::string(length, 'a')))->response.status ==
            404);
    }
    // Links that stay inside only when the configuration says so.
    const uint16_t inside = follow ? 200 : 404;
    CHECK(ask(*source, request_for("GET", "/inside"))->response.status == inside);
    CHECK(ask(*source, request_for("GET", "/folder/index.html"))->response.status == inside);
  }
  ::close(sock);
}

TEST_CASE("directory: a link that is swapped in while files are asked for never leads out") {
  Site site;
  const auto source = site.source(true);
  const fs::path name = site.root() / "swapped";
  std::atomic<bool> stop = false;
  std::thread attacker([&] {
    while (!stop) {
      fs::remove(name);
      put(name, "good");
      fs::remove(name);
      fs::create_symlink(site.folder / "secret.txt", name);
    }
  });
  int good = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto got = ask(*source, request_for("GET", "/swapped"));
    REQUIRE(got->body != "secret");
    if (got->body == "good") ++good;
  }
  stop = true;
  attacker.join();
  MESSAGE("answered " << good << " times");
}

TEST_CASE("directory: what may not be read is 403, what is gone is no longer ready") {
  Site site;
  const auto source = site.source();
  put(site.root() / "locked", "x");
  fs::permissions(site.root() / "locked", fs::perms::none);
  const auto got = ask(*source, request_for("GET", "/locked"));
  if (::geteuid() == 0) {
    CHECK(got->response.status == 200);  // root reads everything
  } else {
    CHECK(got->response.status == 403);
  }
  CHECK(source->readiness().ready);
  fs::remove_all(site.root());
  CHECK(!source->readiness().ready);
  const auto gone = ask(*source, request_for("GET", "/index.html"));
  REQUIRE(gone->failure);  // not 404: that would be stored as the truth about the file
  CHECK(gone->failure->reason == rpc::FailureReason::Internal);
  put(site.root() / "index.html", "new");
  CHECK(ask(*source, request_for("GET", "/index.html"))->body == "new");
  fs::remove_all(site.root());
  DirectoryOptions options;
  options.root = site.root();
  const auto made = make_directory_source(options, site.types, site.pool);
  REQUIRE(!made);
  CHECK(made.error().find("No such file or directory") != std::string::npos);
}

TEST_CASE("directory: a large file goes out in pieces, as far as it is taken") {
  Site site;
  const uint64_t size = 10ULL << 30;  // sparse: ten GiB of zeros, no disk space
  put(site.root() / "large", "");
  fs::resize_file(site.root() / "large", size);
  const auto source = site.source();
  auto responder = std::make_shared<FakeResponder>();
  responder->keep = false;
  responder->capacity = 1 << 20;
  const auto handler =
      source->open(request_for("GET", "/large", "Range: bytes=5000000000-\r\n"), responder);
  REQUIRE(responder->wait([&] { return responder->written >= 1 << 20; }));
  CHECK(responder->response.status == 206);
  CHECK(responder->response.body_length == size - 5000000000);
  CHECK(responder->largest <= 256 << 10);
  CHECK(responder->written < (1 << 20) + (256 << 10));
  responder->change([&] { responder->capacity = 3 << 20; });
  handler->on_writable();
  REQUIRE(responder->wait([&] { return responder->written >= 3 << 20; }));
  CHECK(responder->written < (3 << 20) + (256 << 10));
  handler->on_cancel();
  handler->on_writable();
  CHECK(responder->last_calls == 0);
}

TEST_CASE("directory: a file that changes while it is sent fails, instead of being a mixture") {
  Site site;
  for (const bool shorter : {true, false}) {
    CAPTURE(shorter);
    put(site.root() / "moving", std::string(1 << 20, 'a'));
    const auto source = site.source();
    auto responder = std::make_shared<FakeResponder>();
    responder->capacity = 64 << 10;
    const auto handler = source->open(request_for("GET", "/moving"), responder);
    REQUIRE(responder->wait([&] { return responder->written >= 64 << 10; }));
    if (shorter) {
      fs::resize_file(site.root() / "moving", 100 << 10);
    } else {
      const int fd = ::open((site.root() / "moving").c_str(), O_WRONLY);
      CHECK(::pwrite(fd, "b", 1, (1 << 20) - 1) == 1);
      const timespec times[2] = {{1, 0}, {1, 0}};  // whatever the clock's grain
      ::futimens(fd, times);
      ::close(fd);
    }
    responder->change([&] { responder->capacity = UINT64_MAX; });
    handler->on_writable();
    REQUIRE(responder->wait_over());
    REQUIRE(responder->failure);
    CHECK(responder->failure->reason == rpc::FailureReason::Reset);
    CHECK(!responder->trailers);
  }
}

TEST_CASE("directory: another version of a file has another tag") {
  Site site;
  const auto source = site.source();
  const auto tag = [&] {
    const auto got = ask(*source, request_for("GET", "/index.html"));
    const size_t at = got->response.fields.find("ETag: ");
    return got->response.fields.substr(at + 6, got->response.fields.find("\r\n", at) - at - 6);
  };
  const std::string first = tag();
  CHECK(tag() == first);
  const auto again = ask(*source, request_for("GET", "/", "If-None-Match: " + first + "\r\n"));
  CHECK(again->response.status == 304);
  // Same size, same second, another file under the name.
  put(site.root() / "new", "<HOME>");
  fs::rename(site.root() / "new", site.root() / "index.html");
  CHECK(tag() != first);
}

TEST_CASE("content types: the table and its gaps") {
  ContentTypes types = ContentTypes::load("/nonexistent");
  types.add_table(
      "# a comment\ntext/x-odd odd Odder # trailing\nbroken\nno/ext\nbad\x01/type bad\n");
  CHECK(types.of("a/b.ODD") == "text/x-odd");
  CHECK(types.of("b.odder") == "text/x-odd");
  CHECK(types.of("b.bad") == "application/octet-stream");
  CHECK(types.of("archive.tar.gz") == "application/gzip");
  CHECK(types.of("folder.html/file") == "application/octet-stream");
  CHECK(types.of("trailing.") == "application/octet-stream");
  CHECK(types.of(".html") == "text/html");
}

}  // namespace
}  // namespace atl::origin::test
