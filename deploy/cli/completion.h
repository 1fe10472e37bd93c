#pragma once

#include <string>
#include <vector>

#include "deploy/cli/command.h"

namespace atl::cli {

// The words that may follow a command: its subcommands and its long options.
struct Words {
  std::string path;  // " tokens create"; empty: the program itself
  std::vector<std::string> next;
};
// Of the program and every command below it.
std::vector<Words> words_of(const CLI::App& app);

// A script for the shell that completes `program`, a plain name. Words are plain too, so nothing
// needs quoting. Pure.
std::string bash_completion(const std::string& program, const std::vector<Words>& words);
std::string zsh_completion(const std::string& program, const std::vector<Words>& words);

// After all other commands: it completes those that are there.
void add_completion(CLI::App& app, Run& run);

}  // namespace atl::cli
