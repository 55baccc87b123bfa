# The simulator's own parts, a few of its seeds, and the scenarios.
hc_test(sim_check_test SOURCES sim/linearizability_test.cc sim/history_json_test.cc USES sim_check LABELS unit)
hc_test(sim_world_test SOURCES sim/clock_test.cc sim/network_test.cc sim/plan_test.cc sim/shrink_test.cc
  sim/views_test.cc
  USES sim_world LABELS unit)
hc_test(sim_seeds_test SOURCES sim/seeds_test.cc USES sim_world LABELS sim)
target_compile_definitions(sim_seeds_test PRIVATE HC_TESTS_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
hc_test(sim_script_test SOURCES sim/script_test.cc USES sim_scenario LABELS unit)
add_test(NAME scenarios COMMAND sim scenario ${CMAKE_CURRENT_SOURCE_DIR}/scenarios)
set_tests_properties(scenarios PROPERTIES TIMEOUT 300 LABELS "sim")
# The page is looked at where there is a chromium.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
add_test(NAME sim_page
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/sim/page_test.py $<TARGET_FILE:sim>)
set_tests_properties(sim_page PROPERTIES TIMEOUT 300 LABELS "system" SKIP_RETURN_CODE 77)
