# The cuckoo filter against a multiset.
hc_test(cuckoo_props
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/cuckoo_props.cc
  USES core_sim_store
  LIBS rapidcheck rapidcheck_gtest
  LABELS props)
# Tables that do not nest show only in a few of a hundred rounds, RapidCheck's default.
set_tests_properties(cuckoo_props PROPERTIES ENVIRONMENT RC_PARAMS=max_success=2000)
