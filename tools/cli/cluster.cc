#include "tools/cli/cluster.h"

namespace hc::cli {

namespace {

std::optional<Json> parsed(const Response& response) {
  if (response.status == 0) return std::nullopt;
  Json json = Json::parse(response.body, nullptr, false);
  return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
}

}  // namespace

Json Cluster::document(const Response& response) const {
  const std::string where = to_string(first_);
  if (response.status == 0)
    throw Failure{kUnreachable, where + " does not answer: " + response.error +
                                    ". Name a member that runs, and its port for HTTP, by --host and --port"};
  auto json = parsed(response);
  if (!json)
    throw Failure{kUnreachable, where + " is no HyperCache member: it answers " + std::to_string(response.status) +
                                    " and no JSON. Name its port for HTTP by --port"};
  if (response.status >= 400) {
    const std::string error = json->value("error", "no reason given");
    throw Failure{kNo, error};
  }
  return std::move(*json);
}

void Cluster::read(Json document) {
  if (!document.contains("members") || !document["members"].is_array())
    throw Failure{kUnreachable, to_string(first_) + " answers, but not as a HyperCache member does"};
  seen_ = std::move(document);
  members_.clear();
  for (const Json& m : seen_["members"]) {
    Member member;
    member.name = m.at("node_id");
    member.status = m.at("status");
    member.state = m.at("state");
    member.absent = member.state == "absent";
    member.up = member.status == "alive" || member.status == "suspect";
    if (m.at("self"))
      member.door = first_;
    else
      member.door = {m.at("metadata").at("host"), m.at("metadata").at("http_port")};
    members_.push_back(std::move(member));
  }
}

const Json& Cluster::look() {
  read(document(http_.ask({{first_, "/api/cluster"}}).front()));
  return seen_;
}

const Json& Cluster::look_again() {
  const Response response = http_.ask({{first_, "/api/cluster"}}).front();
  if (response.status != 0) {
    read(document(response));
    return seen_;
  }
  for (const Member& m : members_) {
    if (!m.up || to_string(m.door) == to_string(first_)) continue;
    const Response other = http_.ask({{m.door, "/api/cluster"}}).front();
    if (other.status == 0) continue;
    first_ = m.door;
    read(document(other));
    return seen_;
  }
  (void)document(response);
  return seen_;
}

std::vector<Told> Cluster::ask_all(const std::string& path) {
  std::vector<Told> told;
  std::vector<Request> requests;
  for (const Member& m : members_)
    if (m.up) requests.push_back({m.door, path});
  const auto responses = http_.ask(requests);
  std::size_t next = 0;
  for (const Member& m : members_) {
    Told& one = told.emplace_back(Told{m.name, std::nullopt, m.status == "left" ? "stopped" : "down"});
    if (!m.up) continue;
    const Response& response = responses[next++];
    if (response.status < 400) one.document = parsed(response);
    one.error = one.document           ? ""
                : response.status == 0 ? to_string(m.door) + ": " + response.error
                                       : to_string(m.door) + " answers " + std::to_string(response.status);
  }
  return told;
}

Json Cluster::ask(const std::string& path) { return document(http_.ask({{first_, path}}).front()); }

Json Cluster::tell(const char* method, const std::string& path) {
  const Response response = http_.ask({{first_, path, method}}).front();
  try {
    return document(response);
  } catch (Failure& failure) {
    if (!failure.text.starts_with("Unknown node")) throw;
    std::string names;
    for (const Member& m : members_) names += (names.empty() ? "" : ", ") + m.name;
    throw Failure{kUnusable, failure.text + ": there are " + names};
  }
}

}  // namespace hc::cli
