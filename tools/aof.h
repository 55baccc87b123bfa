// A Redis append-only file, command by command: one file of RESP, or the folder in which Redis 7 keeps a base,
// increments and a manifest that names them.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

// The files of which it consists, in order; or a sentence.
std::expected<std::vector<std::string>, std::string> aof_files(const std::string& path);

// Hands each command on; what that returns is what is wrong with it, or empty. The bytes of a last command that is not
// all there are `torn`: Redis drops them as well. Errors name file and offset.
struct AofRead {
  std::uint64_t commands = 0, torn = 0;
  std::string error;
};
using TakeCommand = std::function<std::string(std::span<const Bytes> args)>;
AofRead read_aof(const std::string& file, const TakeCommand& take);

}  // namespace hc
