// Which versions we say we are.
#pragma once

#include <string_view>

namespace hc {

inline constexpr std::string_view kRedisVersion = "7.0.15";  // whose commands, texts and behaviour we keep to
#ifndef HC_VERSION
#define HC_VERSION "0.1.0"
#endif
inline constexpr std::string_view kVersion = HC_VERSION;

}  // namespace hc
