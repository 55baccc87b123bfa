#include "tools/cli/http.h"

#include <curl/curl.h>

#include <algorithm>

namespace hc::cli {
namespace {

std::size_t append(char* bytes, std::size_t, std::size_t count, void* response) {
  static_cast<Response*>(response)->body.append(bytes, count);
  return count;
}

CURL* prepare(const Request& request, std::chrono::milliseconds patience, Response& response) {
  CURL* easy = curl_easy_init();
  const std::string url = "http://" + to_string(request.door) + request.path;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says: members are asked directly
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method);
  return easy;
}

}  // namespace

std::string to_string(const Door& door) {
  const bool is_ipv6 = door.host.find(':') != std::string::npos && !door.host.starts_with('[');
  return (is_ipv6 ? "[" + door.host + "]" : door.host) + ":" + std::to_string(door.port);
}

Http::Http(std::chrono::milliseconds patience) : patience_(patience) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_ = curl_multi_init();
}

Http::~Http() {
  curl_multi_cleanup(multi_);
  curl_global_cleanup();
}

std::vector<Response> Http::ask(const std::vector<Request>& requests) {
  std::vector<Response> responses(requests.size());
  std::vector<CURL*> all;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    all.push_back(prepare(requests[i], patience_, responses[i]));
    curl_multi_add_handle(multi_, all.back());
  }
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi_, &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    for (int left = 0; CURLMsg* message = curl_multi_info_read(multi_, &left);) {
      const auto at = std::ranges::find(all, message->easy_handle) - all.begin();
      Response& response = responses[static_cast<std::size_t>(at)];
      if (message->data.result == CURLE_OPERATION_TIMEDOUT)
        response.error = "no answer within " + std::to_string(patience_.count()) + " ms";
      else if (message->data.result != CURLE_OK)
        response.error = curl_easy_strerror(message->data.result);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    long status = 0;
    if (responses[i].error.empty()) curl_easy_getinfo(all[i], CURLINFO_RESPONSE_CODE, &status);
    responses[i].status = static_cast<int>(status);
    if (status == 0 && responses[i].error.empty()) responses[i].error = "no answer";
    curl_multi_remove_handle(multi_, all[i]);
    curl_easy_cleanup(all[i]);
  }
  return responses;
}

}  // namespace hc::cli
