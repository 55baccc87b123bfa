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

# A page with its scripts as one string: hc_page(VARIABLE NAMESPACE page.html [SCRIPT…]) puts each SCRIPT.js of the same
# folder where the page says @SCRIPT.js@, and the name of a source file into VARIABLE that defines
# `extern const std::string_view NAMESPACE::kPage`.
function(hc_page variable namespace page)
  cmake_path(GET page PARENT_PATH folder)
  file(READ ${page} page_text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  foreach(part IN LISTS ARGN)
    file(READ ${folder}/${part}.js script)
    string(REPLACE "@${part}.js@" "${script}" page_text "${page_text}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${part}.js)
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/page_text.cc @ONLY CONTENT
[=[#include <string_view>
namespace @namespace@ {
extern const std::string_view kPage;
const std::string_view kPage = R"page(@page_text@)page";
}
]=])
  set(${variable} ${CMAKE_CURRENT_BINARY_DIR}/page_text.cc PARENT_SCOPE)
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
