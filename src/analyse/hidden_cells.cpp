// SPDX-License-Identifier: Apache-2.0
#include "analyse/hidden_cells.hpp"

namespace tessera {
namespace {

/// Cells along one axis, the total last.
struct Line {
  std::size_t first = 0, step = 1, length = 0;
};

class Hider {
 public:
  Hider(const TotalledTable& table, std::int64_t least) : table_(table), hidden_(table.counts.size()) {
    std::size_t step = 1;
    steps_.resize(table.sizes.size());
    for (std::size_t axis = table.sizes.size(); axis-- > 0;) {
      steps_[axis] = step;
      step *= table.sizes[axis];
    }
    for (std::size_t i = 0; i < hidden_.size(); ++i) hidden_[i] = table.counts[i] > 0 && table.counts[i] < least;
  }

  std::vector<bool> run() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t axis = steps_.size(); axis-- > 0;) {
        for (std::size_t i = 0; i < hidden_.size(); ++i) {
          if (place(i, axis) == 0) changed = protect(line(i, axis), axis) || changed;
        }
      }
    }
    return std::move(hidden_);
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t cell, std::size_t axis) const { return cell / steps_[axis] % table_.sizes[axis]; }
  /// Through a cell.
  [[nodiscard]] Line line(std::size_t cell, std::size_t axis) const {
    return {cell - place(cell, axis) * steps_[axis], steps_[axis], table_.sizes[axis]};
  }
  [[nodiscard]] std::size_t hidden_in(const Line& line) const {
    std::size_t found = 0;
    for (std::size_t i = 0, at = line.first; i < line.length; ++i, at += line.step) found += hidden_[at] ? 1U : 0U;
    return found;
  }
  /// Another of its lines wants a second hidden cell as well.
  [[nodiscard]] bool helps(std::size_t cell, std::size_t axis) const {
    for (std::size_t other = 0; other < steps_.size(); ++other) {
      if (other != axis && hidden_in(line(cell, other)) == 1) return true;
    }
    return false;
  }

  /// Where exactly one cell is hidden, another is, too: best one that helps, then the smallest.
  bool protect(const Line& line, std::size_t axis) {
    if (hidden_in(line) != 1) return false;
    std::size_t best = hidden_.size();
    bool best_helps = false;
    for (std::size_t i = 0, at = line.first; i < line.length; ++i, at += line.step) {
      if (hidden_[at] || table_.counts[at] == 0) continue;
      const bool own_helps = helps(at, axis);
      const bool worse =
          own_helps != best_helps ? best_helps : best < hidden_.size() && table_.counts[at] >= table_.counts[best];
      if (best < hidden_.size() && worse) continue;
      best = at;
      best_helps = own_helps;
    }
    if (best == hidden_.size()) return false;
    hidden_[best] = true;
    return true;
  }

  const TotalledTable& table_;
  std::vector<std::size_t> steps_;
  std::vector<bool> hidden_;
};

}  // namespace

TotalledTable::TotalledTable(const std::vector<std::int64_t>& inner, const std::vector<std::size_t>& levels) {
  std::size_t cells = 1;
  for (const std::size_t size : levels) {
    sizes.push_back(size + 1);
    cells *= size + 1;
  }
  counts.resize(cells);
  // A cell counts in itself and in every total over some of its axes.
  for (std::size_t i = 0; i < inner.size(); ++i) {
    for (std::size_t totals = 0; totals < std::size_t{1} << levels.size(); ++totals) {
      std::size_t rest = i, at = 0, step = 1;
      for (std::size_t axis = levels.size(); axis-- > 0;) {
        at += step * ((totals >> axis & 1U) != 0 ? levels[axis] : rest % levels[axis]);
        rest /= levels[axis];
        step *= levels[axis] + 1;
      }
      counts[at] += inner[i];
    }
  }
}

std::size_t TotalledTable::at(const std::vector<std::size_t>& places) const {
  std::size_t cell = 0;
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) cell = cell * sizes[axis] + places[axis];
  return cell;
}

std::vector<bool> hidden_cells(const TotalledTable& table, std::int64_t least) { return Hider(table, least).run(); }

}  // namespace tessera
