#include "deploy/cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

namespace atl::cli {
namespace {

struct CompletionCommand {
  std::string shell;
  std::string name = "atoll-cli";
  std::vector<std::string> also;
};

bool plain(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

void collect(const CLI::App& app, const std::string& path, std::vector<Words>& all) {
  Words words{path, {}};
  for (const CLI::App* sub : app.get_subcommands(nullptr)) words.next.push_back(sub->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.next.push_back("--" + name);
  }
  all.push_back(std::move(words));
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    collect(*sub, path + " " + sub->get_name(), all);
  }
}

// The lines of a `case` over the commands: which words lead on, and what follows each.
std::string paths(const std::vector<Words>& words, std::string_view indent) {
  std::string text;
  for (const Words& one : words) {
    if (!one.path.empty()) text += fmt::format("{}'{}') at=\"$at $word\" ;;\n", indent, one.path);
  }
  return text;
}

std::string following(const std::vector<Words>& words, std::string_view indent,
                      std::string_view offer) {
  std::string text;
  for (const Words& one : words) {
    text += fmt::format("{}'{}') {} ;;\n", indent, one.path,
                        fmt::format(fmt::runtime(offer), fmt::join(one.next, " ")));
  }
  return text;
}

std::string function_name(const std::string& program) {
  std::string name = "_" + program;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

int run_completion(const CLI::App& app, const CompletionCommand& command) {
  std::vector<Words> words = words_of(app);
  words.front().next.insert(words.front().next.end(), command.also.begin(), command.also.end());
  return print("completion", command.shell == "zsh" ? zsh_completion(command.name, words)
                                                    : bash_completion(command.name, words));
}

std::string check_plain(const std::string& text) {
  return plain(text) ? std::string{} : "not a plain word";
}

}  // namespace

std::vector<Words> words_of(const CLI::App& app) {
  std::vector<Words> all;
  collect(app, "", all);
  return all;
}

std::string bash_completion(const std::string& program, const std::vector<Words>& words) {
  return fmt::format(
      "# Completion of {0} for bash. In ~/.bashrc: source <({0} completion bash)\n"
      "{1}() {{\n"
      "  local at= word\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case \"$at $word\" in\n{2}"
      "    esac\n"
      "  done\n"
      "  local next=\n"
      "  case $at in\n{3}"
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$next\" -- \"${{COMP_WORDS[COMP_CWORD]}}\")\n"
      "}}\n"
      "complete -o default -F {1} {0}\n",
      program, function_name(program), paths(words, "      "),
      following(words, "    ", "next='{}'"));
}

std::string zsh_completion(const std::string& program, const std::vector<Words>& words) {
  return fmt::format(
      "#compdef {0}\n"
      "# Completion of {0} for zsh. In ~/.zshrc, after compinit: source <({0} completion zsh)\n"
      "{1}() {{\n"
      "  local at= word\n"
      "  for word in \"${{(@)words[2,CURRENT-1]}}\"; do\n"
      "    case \"$at $word\" in\n{2}"
      "    esac\n"
      "  done\n"
      "  case $at in\n{3}"
      "  esac\n"
      "  _files\n"
      "}}\n"
      "compdef {1} {0}\n",
      program, function_name(program), paths(words, "      "),
      following(words, "    ", "compadd -- {}"));
}

void add_completion(CLI::App& app, Run& run) {
  auto command = std::make_shared<CompletionCommand>();
  CLI::App& sub = *app.add_subcommand("completion", "A script that completes commands in a shell");
  sub.add_option("SHELL", command->shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  sub.add_option("--name", command->name, "The program to complete")
      ->check(check_plain)
      ->capture_default_str();
  sub.add_option("--also", command->also, "Commands that it has besides; repeatable")
      ->allow_extra_args(false)
      ->check(check_plain);
  sub.callback(
      [&app, &run, command] { run = [&app, command] { return run_completion(app, *command); }; });
}

}  // namespace atl::cli
