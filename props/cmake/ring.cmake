# Balance, movement and spread of the ring for any members.
hc_test(ring_props
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/ring_props.cc
  USES core_view
  LIBS rapidcheck rapidcheck_gtest
  LABELS props)
