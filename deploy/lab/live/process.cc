#include "deploy/lab/live/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "lib/net/descriptor.h"

namespace atl::lab {
namespace {

using net::Descriptor;

// In the child, between fork and exec: system calls only. Returns when it failed, with errno set.
void become(char* const* argv, int input, int output, pid_t parent) {
  // Of its own group: Ctrl-C at a terminal is for the lab, which then ends its programs in order.
  setpgid(0, 0);
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) return;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return;
  execv(argv[0], argv);
}

// An address to bind on, port 0.
sockaddr_in any_port(const std::string& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

bool bound(const Descriptor& socket, sockaddr_in& address) {
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  return socket && bind(socket.get(), generic, size) == 0 &&
         getsockname(socket.get(), generic, &size) == 0;
}

Descriptor tcp_socket() { return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

}  // namespace

Outcome<Process> Process::start(const std::string& program,
                                const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const Descriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor output(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  int ends[2] = {-1, -1};
  if (!input || !output || pipe2(ends, O_CLOEXEC) != 0) {
    return std::unexpected(fmt::format("{}: {}", log, std::strerror(errno)));
  }
  const Descriptor failed(ends[0]);
  Descriptor tell(ends[1]);  // closed by exec, or told why there was none
  const pid_t parent = getpid();
  const pid_t id = fork();
  if (id == 0) {
    become(argv.data(), input.get(), output.get(), parent);
    const int problem = errno;
    [[maybe_unused]] const ssize_t told = write(tell.get(), &problem, sizeof(problem));
    _exit(127);
  }
  if (id < 0) return std::unexpected(fmt::format("{}: {}", program, std::strerror(errno)));
  tell = Descriptor();
  int problem = 0;
  if (read(failed.get(), &problem, sizeof(problem)) == sizeof(problem)) {
    waitpid(id, nullptr, 0);
    return std::unexpected(fmt::format("{}: {}", program, std::strerror(problem)));
  }
  return Process(id);
}

Process::Process(Process&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

Process::~Process() {
  if (id_ < 0) return;
  terminate();
  using std::chrono::steady_clock;
  const auto patience = steady_clock::now() + std::chrono::seconds{5};
  while (running() && steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  kill();
}

bool Process::running() {
  if (id_ < 0) return false;
  if (waitpid(id_, nullptr, WNOHANG) != id_) return true;
  id_ = -1;
  return false;
}

void Process::terminate() {
  if (id_ >= 0) ::kill(id_, SIGTERM);
}

void Process::kill() {
  if (id_ < 0) return;
  ::kill(id_, SIGKILL);
  waitpid(std::exchange(id_, -1), nullptr, 0);
}

std::string own_address() {
  const auto id = static_cast<unsigned>(getpid());
  std::string address = fmt::format("127.{}.{}.{}", 64 + (id >> 16) % 64, id >> 8 & 255, id & 255);
  sockaddr_in probe = any_port(address);
  return bound(tcp_socket(), probe) ? address : "127.0.0.1";
}

Outcome<std::vector<uint16_t>> free_ports(const std::string& address, size_t count) {
  std::vector<Descriptor> held;  // until all are found, so that they differ
  std::vector<uint16_t> ports;
  for (size_t i = 0; i < count; ++i) {
    sockaddr_in at = any_port(address);
    if (!bound(held.emplace_back(tcp_socket()), at)) {
      return std::unexpected(fmt::format("no port of {} is free", address));
    }
    ports.push_back(ntohs(at.sin_port));
  }
  return ports;
}

}  // namespace atl::lab
