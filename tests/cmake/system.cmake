# System tests: real processes, driven by Python's standard library alone.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
add_library(powercut SHARED ${CMAKE_CURRENT_SOURCE_DIR}/system/powercut.cc)
target_link_libraries(powercut PRIVATE hc_warnings)
set(binaries "HC_NODE=$<TARGET_FILE:hypercache-node>;HC_SIM=$<TARGET_FILE:sim>;HC_POWERCUT=$<TARGET_FILE:powercut>")
foreach(topic single process scenarios failover clients durability)
  add_test(NAME system_${topic}
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/system/${topic}_test.py)
  set_tests_properties(system_${topic} PROPERTIES
    ENVIRONMENT "${binaries};PYTHONUNBUFFERED=1"
    TIMEOUT 240 LABELS "system" PROCESSORS 2)
endforeach()

hc_test(runtime_test
  SOURCES runtime/options_test.cc runtime/settings_test.cc runtime/input_buffer_test.cc runtime/data_folder_test.cc
          runtime/peer_links_test.cc
  USES runtime)
