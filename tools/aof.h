// A Redis append-only file, command by command: one file of RESP, or the folder in which Redis 7 keeps a base,
// increments and a manifest that names them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

// The files of which it consists, in order. Throws Failure.
std::vector<std::string> aof_files(const std::string& path);

// Hands each command on; what that returns is what is wrong with it, or empty. Those of a MULTI wait for its EXEC. The
// bytes of a last command that is not all there, or of a last MULTI without its EXEC (`block`), are `torn`: Redis drops
// them as well. Errors name file and offset. Throws Failure if the file cannot be read.
struct AofRead {
  std::uint64_t torn = 0;
  bool block = false;
  std::string error;
};
using TakeCommand = std::function<std::string(std::span<const Bytes> args)>;
AofRead read_aof(const std::string& file, const TakeCommand& take);

}  // namespace hc
