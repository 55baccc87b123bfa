# The store and the commands, built with the seam so that their mutants can be shown to bite.
set(store_tests ${CMAKE_CURRENT_SOURCE_DIR}/store)
set(command_tests ${CMAKE_CURRENT_SOURCE_DIR}/command)
hc_test(store_test
  SOURCES ${store_tests}/slot_table_test.cc ${store_tests}/effects_test.cc ${store_tests}/cuckoo_filter_test.cc
          ${store_tests}/access_clock_test.cc ${store_tests}/object_test.cc
          ${store_tests}/key_filter_test.cc
  USES core_sim_store)
hc_test(command_test
  SOURCES ${command_tests}/harness.cc ${command_tests}/command_test.cc ${command_tests}/replies_test.cc
          ${command_tests}/expiry_test.cc ${command_tests}/gather_test.cc ${command_tests}/text_test.cc
          ${command_tests}/cuckoo_test.cc ${command_tests}/dumping_test.cc ${command_tests}/notices_test.cc
  USES core_sim_command)
target_compile_definitions(command_test PRIVATE HC_TESTS_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
