# tools/tidy as a test: arrows, banned calls, layout, mutant names, format.
add_test(NAME tidy COMMAND ${CMAKE_SOURCE_DIR}/tools/tidy)
set_tests_properties(tidy PROPERTIES TIMEOUT 120 LABELS tidy)
