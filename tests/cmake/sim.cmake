# The simulator's own parts, and a few of its seeds.
if(TARGET sim_check)
  hc_test(sim_check_test SOURCES sim/linearizability_test.cc USES sim_check LABELS unit)
endif()
