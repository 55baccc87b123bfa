// Whether two messages say the same, field by field, for types without operator==. Fields are counted by the compiler,
// so that one that is added to a message is compared without anybody thinking of it.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/view/view.h"

namespace hc::same_detail {

struct Anything {
  template <class T>
  operator T() const;  // never called: only to ask what an aggregate can be made of
};

template <class T, std::size_t... I>
constexpr bool made_of(std::index_sequence<I...>) {
  return requires { T{(void(I), Anything{})...}; };
}
template <class T, std::size_t N = 0>
constexpr std::size_t fields() {
  if constexpr (made_of<T>(std::make_index_sequence<N + 1>{}))
    return fields<T, N + 1>();
  else
    return N;
}

template <class T>
auto tied(const T& t) {
  constexpr std::size_t n = fields<T>();
  static_assert(n <= 9, "add a line here");
  if constexpr (n == 0) {
    return std::tie();
  } else if constexpr (n == 1) {
    const auto& [a] = t;
    return std::tie(a);
  } else if constexpr (n == 2) {
    const auto& [a, b] = t;
    return std::tie(a, b);
  } else if constexpr (n == 3) {
    const auto& [a, b, c] = t;
    return std::tie(a, b, c);
  } else if constexpr (n == 4) {
    const auto& [a, b, c, d] = t;
    return std::tie(a, b, c, d);
  } else if constexpr (n == 5) {
    const auto& [a, b, c, d, e] = t;
    return std::tie(a, b, c, d, e);
  } else if constexpr (n == 6) {
    const auto& [a, b, c, d, e, f] = t;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (n == 7) {
    const auto& [a, b, c, d, e, f, g] = t;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (n == 8) {
    const auto& [a, b, c, d, e, f, g, h] = t;
    return std::tie(a, b, c, d, e, f, g, h);
  } else {
    const auto& [a, b, c, d, e, f, g, h, i] = t;
    return std::tie(a, b, c, d, e, f, g, h, i);
  }
}

}  // namespace hc::same_detail

namespace hc {

inline bool same(const Value& a, const Value& b) { return a.bytes() == b.bytes(); }
inline bool same(const Text& a, const Text& b) { return a.view == b.view; }
inline bool same(const ViewRef& a, const ViewRef& b) {
  return a == nullptr || b == nullptr ? a == b : a->same_decision(*b) && a->counts == b->counts;
}
inline bool same(const ViewChangeRef& a, const ViewChangeRef& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->base == b->base && a->head.same_decision(b->head) && a->head.counts == b->head.counts &&
         a->slots == b->slots;
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b);
template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b);
template <class... T>
bool same(const std::variant<T...>& a, const std::variant<T...>& b);
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::equality_comparable<T>) {
    return a == b;
  } else if constexpr (std::is_empty_v<T>) {
    return true;
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto x = same_detail::tied(a);
      const auto y = same_detail::tied(b);
      return (same(std::get<I>(x), std::get<I>(y)) && ...);
    }(std::make_index_sequence<same_detail::fields<T>()>{});
  }
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}
template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b ? same(*a, *b) : a.has_value() == b.has_value();
}
template <class... T>
bool same(const std::variant<T...>& a, const std::variant<T...>& b) {
  if (a.index() != b.index()) return false;
  return std::visit([&](const auto& x) { return same(x, std::get<std::remove_cvref_t<decltype(x)>>(b)); }, a);
}

}  // namespace hc
