#include "base/caught.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace weft {
namespace {

TEST(Caught, HandsOnWhatTheWorkReturns) {
  EXPECT_EQ(caught([]() -> Result<int> { return 7; }), 7);
  const auto failed = caught([]() -> Result<int> { return fail(ErrorKind::NotFound, "thing.not_found", "No such thing."); });
  EXPECT_EQ(failed.error().id, "thing.not_found");
}

TEST(Caught, MakesAnErrorOfWhatIsThrown) {
  const auto thrown = caught([]() -> Result<void> { throw std::out_of_range("row 9"); });
  EXPECT_EQ(thrown.error().id, "server.bug");
  EXPECT_EQ(thrown.error().detail, "row 9");
  EXPECT_EQ(caught([]() -> Result<void> { throw 5; }).error().kind, ErrorKind::Internal);
}

}  // namespace
}  // namespace weft
