// docs/CONFIGURATION.md, from the table of options.
#pragma once

#include <string>

namespace hc {

std::string configuration_reference();

}  // namespace hc
