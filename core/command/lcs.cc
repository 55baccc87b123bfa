// LCS: the longest common subsequence of two values, by the table of all prefixes (Wagner and Fischer 1974).
//
// The table has |a| x |b| numbers: above kCellsMost it is refused, for nobody else is served meanwhile.
#include <algorithm>
#include <vector>

#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

constexpr std::size_t kCellsMost = std::size_t{64} << 20;

struct Options {
  bool length = false, indices = false, match_lengths = false;
  std::int64_t shortest = 0;
};

std::optional<Reply> parse(Args words, Options& options) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (same_word(words[i], "len")) {
      options.length = true;
    } else if (same_word(words[i], "idx")) {
      options.indices = true;
    } else if (same_word(words[i], "withmatchlen")) {
      options.match_lengths = true;
    } else if (same_word(words[i], "minmatchlen") && i + 1 < words.size()) {
      const auto number = parse_integer(words[++i]);
      if (!number) return not_an_integer();
      options.shortest = std::max<std::int64_t>(*number, 0);
    } else {
      return syntax_error();
    }
  }
  if (options.length && options.indices)
    return Reply::error_literal("ERR If you want both the length and indexes, please just use IDX.");
  return std::nullopt;
}

class Table {
 public:
  Table(Bytes a, Bytes b) : a_(a), b_(b), cells_((a.size() + 1) * (b.size() + 1)) {
    for (std::size_t i = 1; i <= a.size(); ++i)
      for (std::size_t j = 1; j <= b.size(); ++j)
        cell(i, j) = a[i - 1] == b[j - 1] ? cell(i - 1, j - 1) + 1 : std::max(cell(i - 1, j), cell(i, j - 1));
  }
  std::uint32_t length() const { return cells_.back(); }

  // From the last byte to the first: the bytes in common, and the ranges of both where they stand next to each other.
  template <class Range>
  std::string walk_back(Range&& range) const {
    std::string common;
    std::size_t i = a_.size(), j = b_.size(), end_a = 0, end_b = 0, run = 0;
    const auto close = [&] {
      if (run > 0) range(end_a - run, end_b - run, run);
      run = 0;
    };
    while (i > 0 && j > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        if (run > 0 && (i != end_a - run || j != end_b - run)) close();
        if (run == 0) end_a = i, end_b = j;
        ++run;
        common += a_[i - 1];
        --i, --j;
      } else if (cell(i - 1, j) > cell(i, j - 1)) {
        --i;
      } else {
        --j;
      }
    }
    close();
    std::reverse(common.begin(), common.end());
    return common;
  }

 private:
  std::uint32_t& cell(std::size_t i, std::size_t j) { return cells_[i * (b_.size() + 1) + j]; }
  std::uint32_t cell(std::size_t i, std::size_t j) const { return cells_[i * (b_.size() + 1) + j]; }
  const Bytes a_, b_;
  std::vector<std::uint32_t> cells_;
};

Reply pair(std::size_t first, std::size_t last) {
  std::vector<Reply> items;
  items.push_back(Reply::number(static_cast<std::int64_t>(first)));
  items.push_back(Reply::number(static_cast<std::int64_t>(last)));
  return Reply::array(std::move(items));
}

Reply indices(const Table& table, const Options& options) {
  std::vector<Reply> matches;
  table.walk_back([&](std::size_t a, std::size_t b, std::size_t size) {
    if (static_cast<std::int64_t>(size) < options.shortest) return;
    std::vector<Reply> match;
    match.push_back(pair(a, a + size - 1));
    match.push_back(pair(b, b + size - 1));
    if (options.match_lengths) match.push_back(Reply::number(static_cast<std::int64_t>(size)));
    matches.push_back(Reply::array(std::move(match)));
  });
  std::vector<Reply> fields;
  fields.push_back(Reply::bulk(Text::borrow("matches")));
  fields.push_back(Reply::array(std::move(matches)));
  fields.push_back(Reply::bulk(Text::borrow("len")));
  fields.push_back(Reply::number(table.length()));
  return Reply::map(std::move(fields));
}

Reply no_strings() { return Reply::error_literal("ERR The specified keys must contain string values"); }

}  // namespace

Reply lcs(Args args, Execution& x) {
  Options options;
  if (auto error = parse(args.subspan(3), options)) return *error;
  const auto a = find_live(Key(args[1]), x);
  if (is_other_than_string(a)) return no_strings();
  const std::string first(a ? a->value : Bytes());  // the second look-up may move what it finds
  const auto b = find_live(Key(args[2]), x);
  if (is_other_than_string(b)) return no_strings();
  const Bytes second = b ? b->value : Bytes();
  if ((first.size() + 1) > kCellsMost / (second.size() + 1))
    return Reply::error_literal("ERR Insufficient memory, failed allocating transient memory for LCS");
  const Table table(first, second);
  if (options.indices) return indices(table, options);
  if (options.length) return Reply::number(table.length());
  return Reply::bulk_copy(table.walk_back([](auto...) {}));
}

}  // namespace hc::command
