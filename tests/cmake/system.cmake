# System tests: real processes, driven by Python's standard library alone.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
foreach(topic single process scenarios failover clients memory)
  add_test(NAME system_${topic}
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/system/${topic}_test.py)
  set_tests_properties(system_${topic} PROPERTIES
    ENVIRONMENT "HC_NODE=$<TARGET_FILE:hypercache-node>;HC_SIM=$<TARGET_FILE:sim>;PYTHONUNBUFFERED=1"
    TIMEOUT 240 LABELS "system" PROCESSORS 2)
endforeach()

hc_test(runtime_test
  SOURCES runtime/options_test.cc runtime/settings_test.cc runtime/input_buffer_test.cc runtime/data_folder_test.cc
          runtime/peer_links_test.cc
  USES runtime)
