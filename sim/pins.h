// The setting in words, for plans: `lease=1.5`, `clock-rates=1000000,950000`. What a run may draw from its seed and
// what matters has a name here, so that a plan which names it depends on no seed for it.
//
// Times in seconds, rates in parts per million, lists with one entry per machine.
#pragma once

#include <map>
#include <string>

#include "sim/setting.h"

namespace hc::sim {

bool pin_exists(const std::string& name, const std::string& value);
// Requires: pin_exists().
void set_pin(Setting& setting, const std::string& name, const std::string& value);
// All that differ from usual_setting().
std::map<std::string, std::string> pins_of(const Setting& setting);

}  // namespace hc::sim
