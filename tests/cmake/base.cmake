# Identities, slots, time: what everything else takes for granted.
hc_test(pause_test LABELS unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/base/pause_test.cc USES core_base)
hc_test(slot_test LABELS unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/base/slot_test.cc USES core_sim_base)
hc_test(words_test LABELS unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/base/words_test.cc USES core_base)
hc_test(small_map_test LABELS unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/base/small_map_test.cc USES core_base)
