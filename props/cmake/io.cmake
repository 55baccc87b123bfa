# Round trips of every message, damaged bytes into every decoder, streams cut anywhere.
hc_test(io_props
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io_props.cc
  USES io
  LIBS rapidcheck rapidcheck_gtest
  TIMEOUT 600
  LABELS props)
# A hundred rounds, RapidCheck's default, have missed what a few hundred found.
set_tests_properties(io_props PROPERTIES ENVIRONMENT RC_PARAMS=max_success=500)
