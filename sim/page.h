// A run as a page: lanes of nodes and clients along true time, messages as arrows, faults, views, roles, operations;
// one steps through it, and it begins where the run failed. It needs no other file.
#pragma once

#include <string>

#include "sim/film.h"
#include "sim/result.h"

namespace hc::sim {

// `replay`: the command that repeats the run.
std::string page_of(const Film& film, const Result& result, const std::string& replay);

}  // namespace hc::sim
