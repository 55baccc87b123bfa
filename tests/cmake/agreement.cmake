hc_test(agreement_test LABELS unit
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/agreement/step_rule_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/agreement/planner_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/force_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/consensus_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/votes_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/opening_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/load_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/evidence_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/agreement/round_time_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/view/view_change_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/view/slot_index_test.cc
  USES core_sim_agreement)
hc_test(replication_test LABELS unit
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/replication/leases_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/pace_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/reports_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/fill_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/begin_fills_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/digests_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/remains_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/commands_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/memory_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/replication/filters_test.cc
  USES core_sim_replication core_sim_agreement)
hc_test(sessions_test LABELS unit
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/peer/sessions_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/peer/frames_test.cc
  USES core_peer core_agreement)
hc_test(routing_test LABELS unit
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/routing/every_slot_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/routing/relay_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/routing/guest_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/routing/slow_requests_test.cc
          ${CMAKE_CURRENT_SOURCE_DIR}/routing/token_map_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/routing/line_table_test.cc
  USES core_sim_routing core_sim_agreement)
