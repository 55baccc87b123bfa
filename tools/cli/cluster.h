// The cluster as its members tell of it: one is asked first, who names the others.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/http.h"

namespace hc::cli {

using Json = nlohmann::ordered_json;

// What a run of hypercache-cli ends with.
inline constexpr int kOk = 0;            // done, and all is well
inline constexpr int kNo = 1;            // refused, or something is down, lacks copies or differs
inline constexpr int kUnknown = 2;       // the time given was over first, or not all could be asked
inline constexpr int kUnusable = 64;     // what was asked makes no sense: EX_USAGE
inline constexpr int kUnreachable = 69;  // no member answers: EX_UNAVAILABLE

// Ends the run: `text` says what, and what to do.
struct Failure {
  int status;
  std::string text;
};

struct Member {
  std::string name;
  Door door;
  bool up = false;  // it seems so to the member that was asked
  bool absent = false;
  std::string status, state;
};

// What a member answered; no document if it did not.
struct Told {
  std::string node;
  std::optional<Json> document;
  std::string error;
};

class Cluster {
 public:
  Cluster(Door first, std::chrono::milliseconds patience) : first_(std::move(first)), http_(patience) {}

  // /api/cluster, of the member that the user named. Throws Failure.
  const Json& look();
  // Once more, of whoever answers: that member may have gone meanwhile.
  const Json& look_again();

  const Door& first() const { return first_; }
  const Json& seen() const { return seen_; }
  const std::vector<Member>& members() const { return members_; }  // as of the last look
  // What each member that seems up says there. `path` begins with '/'.
  std::vector<Told> ask_all(const std::string& path);
  // What the named member says there. Throws Failure.
  Json ask(const std::string& path);
  // DELETE, PUT. Throws Failure, with the member's own words; of somebody unknown also with who there is.
  Json tell(const char* method, const std::string& path);

 private:
  Json document(const Response& response) const;
  void read(Json document);

  Door first_;
  Http http_;
  Json seen_;
  std::vector<Member> members_;
};

}  // namespace hc::cli
