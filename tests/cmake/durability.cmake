# The log of a member.
hc_test(log_test LABELS unit SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/durability/log_test.cc USES core_sim_durability)
