# SWIM: its parts, one member under odd packets, and a whole small world; then the mutants of rule 1 in that world.
hc_test(membership_test
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/membership/parts_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/membership/swim_test.cc
  USES core_membership)
hc_test(membership_network_test
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/membership/swim_network_test.cc
  USES core_membership LABELS sim)
hc_test(membership_mutants_test
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/membership/mutants_test.cc
  USES core_sim_membership)
