// Scalar values of a vector as text. Numbers and booleans are bare in either dress; the rest is quoted for JSON, and none
// of it needs more than that. Texts themselves and nested values are the business of each format.
#pragma once

#include <cstddef>
#include <string_view>

#include "platform/duck/output.h"
#include "platform/duck/type.h"

namespace weft::duck {

enum class Dress { Json, Plain };

// REQUIRES: the row is not null; the type is none of VARCHAR, ENUM, LIST, ARRAY, STRUCT, MAP, UNION.
template <Dress kDress>
void write_scalar_value(Output& out, const VectorView& column, std::size_t row);
extern template void write_scalar_value<Dress::Json>(Output&, const VectorView&, std::size_t);
extern template void write_scalar_value<Dress::Plain>(Output&, const VectorView&, std::size_t);

[[nodiscard]] std::string_view enum_label(const VectorView& column, std::size_t row);

}  // namespace weft::duck
