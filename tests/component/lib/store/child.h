#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace atl::store::testing {

// A program that a test has started. It ends with this object, by SIGKILL.
class Child {
 public:
  // Runs the file, or the program of that name on PATH. Its output goes into `output`, a file.
  Child(const std::vector<std::string>& command, const std::string& output);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill();      // SIGKILL, and waits
  void pause();     // SIGSTOP
  void carry_on();  // SIGCONT
  bool running();

 private:
  pid_t pid_ = -1;
};

}  // namespace atl::store::testing
