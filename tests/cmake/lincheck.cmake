# tools/lincheck: its parts, and the command. The page is looked at where there is a chromium.
hc_test(lincheck_test SOURCES lincheck/lincheck_test.cc USES lincheck_parts LABELS unit)
target_compile_definitions(lincheck_test PRIVATE HC_EXAMPLES="${CMAKE_CURRENT_SOURCE_DIR}/lincheck/examples")
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
foreach(topic status sim page)
  add_test(NAME lincheck_${topic}
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/lincheck/command_test.py ${topic})
  set_tests_properties(lincheck_${topic} PROPERTIES
    ENVIRONMENT "LINCHECK=$<TARGET_FILE:lincheck>;SIM=$<TARGET_FILE:sim>"
    TIMEOUT 180 LABELS "system" SKIP_RETURN_CODE 77)
endforeach()
