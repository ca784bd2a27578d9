#include "platform/duck/encoder.h"

namespace weft::duck {

Result<std::unique_ptr<Encoder>> make_arrow_encoder(const std::vector<Column>&, const std::vector<Type>&) {
  return fail(ErrorKind::Internal, "query.failed", "not yet");
}

}  // namespace weft::duck
