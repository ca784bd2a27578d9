// Long answers in the cache of answers: kept while they are given for the first time, given from there afterwards.
#pragma once

#include "mesh/delivery/answer_cache.h"
#include "mesh/delivery/row_reader.h"

namespace weft {

// The most that one piece of a known answer takes.
inline constexpr std::size_t kAnswerPieceBytes = 256 * 1024;

// Gives a known answer piece after piece.
[[nodiscard]] std::unique_ptr<RowStream> rows_of(std::shared_ptr<const KnownAnswer> answer);

// Whose body and rows are still to come.
struct AnswerToKeep {
  AnswerCache& cache;
  std::string key;
  KnownAnswer answer;
  AnswerCache::Filling room;
};

// Gives the rest of `rows`, of which `begun` (holding `begun_rows`) was taken already, and keeps the whole answer at its
// end. If it becomes larger than its room, it is given all the same, and not kept.
[[nodiscard]] std::unique_ptr<RowStream> keep_while_given(std::unique_ptr<RowStream> rows, std::string_view begun, std::int64_t begun_rows,
                                                          AnswerToKeep keep);

}  // namespace weft
