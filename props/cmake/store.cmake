# The table against a std::map, effects against execution, walks against resizing.
hc_test(store_props
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/store_props.cc
  USES core_sim_command
  LIBS rapidcheck
  LABELS props)
