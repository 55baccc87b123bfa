// Lines by client and slot (rule 4d): a hash table whose lines stay where they are until they are erased. It is never
// gone through, so that its order is nobody's business. Memory of lines that have ended is used again, of a few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/ids.h"

namespace hc {

// Line: default-constructible, with clear(), which keeps its memory.
template <class Line>
class LineTable {
 public:
  using Key = std::pair<ClientId, Slot>;

  bool empty() const { return size_ == 0; }
  Line* find(Key key) {
    if (size_ == 0) return nullptr;
    for (Node* node = bucket(key).get(); node != nullptr; node = node->next.get())
      if (node->key == key) return &node->line;
    return nullptr;
  }
  Line& at(Key key) {
    Line* const found = find(key);
    HC_CHECK(found != nullptr, "there is no such line");
    return *found;
  }
  // Finds it, or adds an empty one.
  Line& operator[](Key key) {
    if (Line* const found = find(key)) return *found;
    if (size_ == buckets_.size()) grow();
    ++size_;
    return push(bucket(key), fresh(key)).line;
  }
  void erase(Key key) {
    if (size_ == 0) return;
    for (std::unique_ptr<Node>* at = &bucket(key); *at; at = &(*at)->next) {
      if ((*at)->key != key) continue;
      std::unique_ptr<Node> gone = std::move(*at);
      *at = std::move(gone->next);
      --size_;
      if (ended_.size() == kEndedMost) return;
      gone->line.clear();
      ended_.push_back(std::move(gone));
      return;
    }
  }

 private:
  struct Node {
    Key key;
    Line line;
    std::unique_ptr<Node> next;
  };
  static constexpr std::size_t kBucketsLeast = 64;
  static constexpr std::size_t kEndedMost = 4096;

  std::unique_ptr<Node>& bucket(Key key) {
    const std::uint64_t mixed = (key.first.value << 14 ^ key.second.value) * 0x9e3779b97f4a7c15ULL;
    return buckets_[(mixed >> 32) & (buckets_.size() - 1)];
  }
  static Node& push(std::unique_ptr<Node>& to, std::unique_ptr<Node> node) {
    node->next = std::move(to);
    to = std::move(node);
    return *to;
  }
  std::unique_ptr<Node> fresh(Key key) {
    if (ended_.empty()) return std::make_unique<Node>(Node{key, {}, {}});
    std::unique_ptr<Node> node = std::move(ended_.back());
    ended_.pop_back();
    node->key = key;
    return node;
  }
  void grow() {
    std::vector<std::unique_ptr<Node>> before = std::exchange(buckets_, {});
    buckets_.resize(before.empty() ? kBucketsLeast : 2 * before.size());
    for (std::unique_ptr<Node>& chain : before) {
      while (chain) {
        std::unique_ptr<Node> node = std::move(chain);
        chain = std::move(node->next);
        std::unique_ptr<Node>& to = bucket(node->key);
        push(to, std::move(node));
      }
    }
  }

  std::vector<std::unique_ptr<Node>> buckets_;  // a power of two, or none yet
  std::vector<std::unique_ptr<Node>> ended_;
  std::size_t size_ = 0;
};

}  // namespace hc
