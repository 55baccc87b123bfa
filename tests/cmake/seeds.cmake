# Whole simulated clusters: seeds with faults, each run twice with equal hashes, and the mutants that must be caught.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
foreach(nodes 3 4 5 7)
  add_test(NAME seeds_${nodes}_nodes
    COMMAND sim --seeds 1..100 --nodes ${nodes} --slots 16 --faults --twice --jobs 2 --keep-going)
  set_tests_properties(seeds_${nodes}_nodes PROPERTIES TIMEOUT 600 LABELS "seeds" PROCESSORS 2)
endforeach()
add_test(NAME every_order
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/sim/exhaustive_test.py $<TARGET_FILE:sim>)
set_tests_properties(every_order PROPERTIES TIMEOUT 900 LABELS "seeds")
add_test(NAME golden_hashes COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tools/golden $<TARGET_FILE:sim>)
set_tests_properties(golden_hashes PROPERTIES TIMEOUT 900 LABELS "seeds" PROCESSORS 2)
add_test(NAME mutants_caught
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/sim/caught_test.py $<TARGET_FILE:sim>)
set_tests_properties(mutants_caught PROPERTIES TIMEOUT 900 LABELS "seeds" PROCESSORS 2)
add_test(NAME mutants_shrunk
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/sim/shrunk_test.py $<TARGET_FILE:sim>)
set_tests_properties(mutants_shrunk PROPERTIES TIMEOUT 900 LABELS "seeds" PROCESSORS 2)
