# Whole logs, written by the core and by io as a member's host does, cut at every byte and read again.
hc_test(log_props
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/log_props.cc ${CMAKE_CURRENT_SOURCE_DIR}/written_log.cc
  USES core_sim_durability core_sim_store io
  LIBS rapidcheck rapidcheck_gtest
  TIMEOUT 600
  LABELS props)
