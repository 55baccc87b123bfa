// A plan of faults from the seed.
//
// Swarm testing (Groce et al., 2012): each kind of fault is in a plan with probability one half, at a rate of its own,
// so that some runs see one kind alone. Faults come in storms in some runs (one soon after the other), and some wait
// for the next view: what breaks is often the repair.
#pragma once

#include "core/base/random.h"
#include "sim/plan.h"
#include "sim/setting.h"

namespace hc::sim {

Plan draw_plan(const Setting& setting, Random& random);
void draw_leaves(const Setting& setting, Random& random, Plan& plan);
// What befalls disks with logs on them, besides.
void add_power_losses(const Setting& setting, Plan& plan, Random random);
// And nothing else takes anything from a disk.
void add_more_power_losses(const Setting& setting, Plan& plan, Random random, Duration mean);
void draw_full_disks(const Setting& setting, Plan& plan, Random random);
void draw_forces(const Setting& setting, Random random, Plan& plan);
// Members become other programs, one after the other or anyhow, where the setting has some of both versions.
void draw_upgrades(const Setting& setting, Random random, Plan& plan);
void draw_accepted_losses(const Setting& setting, Random random, Plan& plan);
// Memory that is short for a while, from a stream of its own: more of a plan that is drawn already.
void draw_squeezes(const Setting& setting, Plan& plan, Random& random);

}  // namespace hc::sim
