# How a room becomes a target, and which rooms it may see.
#
# hc_room(NAME DIR [USES other rooms…] [LIBS outside libraries…]) makes a static library of every .cc directly in DIR.
# The link graph states the arrows of ARCHITECTURE.md; tools/tidy checks the #includes against the same graph.
# hc_core_room() makes each room of core/ twice from the same sources: `core_X` for production and `core_sim_X`, where
# the one seam for mutants and fault points (core/seam.h) is compiled in.

add_library(hc_warnings INTERFACE)
target_compile_options(hc_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wconversion;-Wshadow;-Werror>)
# g++ 12 under sanitizers takes the empty half of a std::optional inside a std::variant for a read of it (GCC 105562).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  target_compile_options(hc_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
endif()

function(hc_room name dir)
  cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_USES} ${ARG_LIBS} PRIVATE hc_warnings)
endfunction()

function(hc_core_room room dir)
  cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
  list(TRANSFORM ARG_USES PREPEND core_ OUTPUT_VARIABLE production)
  list(TRANSFORM ARG_USES PREPEND core_sim_ OUTPUT_VARIABLE simulated)
  hc_room(core_${room} ${dir} USES ${production} LIBS ${ARG_LIBS})
  hc_room(core_sim_${room} ${dir} USES ${simulated} LIBS ${ARG_LIBS})
  target_compile_definitions(core_sim_${room} PUBLIC HC_SIM=1)
endfunction()

# One test binary per file group: hc_test(NAME SOURCES … USES …), registered with ctest under its own name.
function(hc_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;USES;LIBS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LIBS} GTest::gtest_main hc_warnings)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
