# The judge of histories against brute force.
hc_test(lincheck_props
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/lincheck_props.cc
  USES sim_check
  TIMEOUT 900
  LABELS props)
