# System tests: real processes, driven by Python's standard library alone.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
add_library(powercut SHARED ${CMAKE_CURRENT_SOURCE_DIR}/system/powercut.cc)
target_link_libraries(powercut PRIVATE hc_warnings)
set(binaries "HC_NODE=$<TARGET_FILE:hypercache-node>;HC_SIM=$<TARGET_FILE:sim>;HC_LINCHECK=$<TARGET_FILE:lincheck>;\
HC_LOG_INSPECT=$<TARGET_FILE:log-inspect>;HC_CLI=$<TARGET_FILE:hypercache-cli>;\
HC_BROKEN_NODE=$<TARGET_FILE:broken-node>;HC_WALL_CLOCK=$<TARGET_FILE:wall_clock>;HC_POWERCUT=$<TARGET_FILE:powercut>")
foreach(topic single process names scenarios failover clients harness durability full_disk memory status rows bad_input
        logs filter events metrics promtool page cli transfer backup upgrade)
  add_test(NAME system_${topic}
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/system/${topic}_test.py)
  set_tests_properties(system_${topic} PROPERTIES
    ENVIRONMENT "${binaries};PYTHONUNBUFFERED=1"
    TIMEOUT 240 LABELS "system" PROCESSORS 2 SKIP_RETURN_CODE 77)
endforeach()

hc_test(runtime_test
  SOURCES runtime/options_test.cc runtime/settings_test.cc runtime/input_buffer_test.cc runtime/data_folder_test.cc
          runtime/peer_links_test.cc runtime/histogram_test.cc runtime/event_lines_test.cc runtime/memory_gauge_test.cc
          runtime/loop_test.cc runtime/room_ahead_test.cc runtime/view_figures_test.cc
  USES runtime)

# hypercache-node with rules broken by name, for the failover harness.
file(GLOB node_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/runtime/*.cc)
add_executable(broken-node ${CMAKE_CURRENT_SOURCE_DIR}/system/broken_node.cc ${node_sources}
  ${PROJECT_BINARY_DIR}/runtime/page_text.cc)
target_compile_definitions(broken-node PRIVATE HC_VERSION="${PROJECT_VERSION}"
  $<$<BOOL:${JEMALLOC_FOUND}>:HC_JEMALLOC=1>)
target_link_libraries(broken-node PRIVATE io_sim core_sim_node PkgConfig::LIBUV CLI11::CLI11 spdlog::spdlog hc_allocator
  hc_warnings)

# To be preloaded: the wall clock jumps.
add_library(wall_clock MODULE ${CMAKE_CURRENT_SOURCE_DIR}/system/wall_clock.c)
set_target_properties(wall_clock PROPERTIES PREFIX "")
