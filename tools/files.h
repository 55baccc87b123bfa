// What the tools need of files: read whole, written durably, and an error that says what it was.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

namespace hc {

enum : int { kOk = 0, kDamaged = 1, kUnusable = 64, kIoError = 74 };  // the status in which a tool ends

struct Failure {
  std::string text;
  int status;
};

// "cannot read FILE: " and what errno says.
Failure io_failure(const std::string& what, const std::filesystem::path& path);

// All of these throw Failure.
std::string contents(const std::filesystem::path& path);
void sync(const std::filesystem::path& path);  // a file, or a folder's names
// Written beside it, and renamed: after a loss of power all of it is there, or what was there before. If `write` throws
// nothing has changed. Only a regular file is replaced.
void replace_durably(const std::filesystem::path& path, const std::function<void(std::FILE*)>& write);

// The status of a run, or kIoError and a line if not all that it printed could be written.
int finish(const char* program, int status);

}  // namespace hc
