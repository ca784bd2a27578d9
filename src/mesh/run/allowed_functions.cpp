#include "mesh/run/allowed_functions.h"

namespace weft {

namespace {

const std::set<std::string_view> kAllowed = {
    // operators
    "+", "-", "*", "/", "//", "%", "**", "^", "||", "~", "&", "|", "<<", ">>", "@", "!", "~~", "!~~", "~~*", "!~~*", "~~~", "^@", "&&",
    "@>", "<@", "->>",
    // numbers
    "abs", "ceil", "ceiling", "floor", "round", "round_even", "trunc", "sign", "sqrt", "cbrt", "exp", "ln", "log", "log2", "log10", "pow",
    "power", "mod", "fmod", "divide", "multiply", "subtract", "add", "greatest", "least", "gcd", "lcm", "factorial", "gamma", "lgamma",
    "pi", "degrees", "radians", "sin", "cos", "tan", "cot", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "isnan", "isinf",
    "isfinite", "even", "bit_count", "xor", "width_bucket", "nextafter",
    // text
    "lower", "lcase", "upper", "ucase", "length", "len", "char_length", "character_length", "strlen", "bit_length", "octet_length", "trim",
    "ltrim", "rtrim", "substr", "substring", "left", "right", "lpad", "rpad", "repeat", "replace", "reverse", "concat", "concat_ws",
    "contains", "starts_with", "ends_with", "prefix", "suffix", "position", "strpos", "instr", "split_part", "string_split", "str_split",
    "string_to_array", "regexp_matches", "regexp_full_match", "regexp_replace", "regexp_extract", "regexp_extract_all",
    "regexp_split_to_array", "format", "printf", "chr", "ascii", "unicode", "ord", "translate", "strip_accents", "nfc_normalize",
    "levenshtein", "editdist3", "hamming", "mismatches", "jaccard", "jaro_similarity", "jaro_winkler_similarity", "damerau_levenshtein",
    "md5", "sha1", "sha256", "hash", "to_base64", "base64", "from_base64", "hex", "to_hex", "unhex", "from_hex", "bin", "to_binary",
    "encode", "decode", "url_encode", "url_decode", "like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape", "initcap", "bar",
    "array_extract", "array_slice", "parse_filename", "parse_path", "parse_dirname",
    // nulls and conditions
    "coalesce", "ifnull", "nullif", "if", "constant_or_null", "error",
    // dates and times
    "date_trunc", "datetrunc", "date_part", "datepart", "date_diff", "datediff", "date_sub", "datesub", "date_add", "extract", "year",
    "month", "day", "quarter", "week", "weekofyear", "yearweek", "isoyear", "dayofweek", "weekday", "isodow", "dayofmonth", "dayofyear",
    "dayname", "monthname", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond", "epoch", "epoch_ms", "epoch_us",
    "epoch_ns", "era", "century", "decade", "millennium", "julian", "last_day", "make_date", "make_time", "make_timestamp",
    "make_timestamptz", "to_timestamp", "strftime", "strptime", "try_strptime", "age", "time_bucket", "timezone", "to_years", "to_months",
    "to_weeks", "to_days", "to_hours", "to_minutes", "to_seconds", "to_milliseconds", "to_microseconds", "to_quarters", "datesub",
    "timetz_byte_comparable",
    // lists, structs, maps
    "list_value", "array_value", "list_extract", "list_element", "list_slice", "list_concat", "list_cat", "list_append", "list_prepend",
    "list_contains", "list_has", "list_has_any", "list_has_all", "list_position", "list_indexof", "list_distinct", "list_unique",
    "list_sort", "list_reverse_sort", "list_reverse", "list_aggregate", "list_aggr", "list_sum", "list_avg", "list_min", "list_max",
    "list_count", "list_any_value", "list_filter", "list_transform", "list_apply", "list_reduce", "list_zip", "list_resize", "list_where",
    "list_select", "list_intersect", "flatten", "array_length", "array_to_string", "array_contains", "array_distinct", "array_sort",
    "struct_pack", "struct_extract", "struct_insert", "row", "map", "map_keys", "map_values", "map_entries", "map_extract",
    "map_from_entries", "element_at", "cardinality", "unnest", "union_value", "union_extract", "union_tag", "enum_range", "enum_code",
    // JSON
    "json_extract", "json_extract_string", "json_extract_path", "json_extract_path_text", "json_array_length", "json_type", "json_keys",
    "json_valid", "json_contains", "json_exists", "json_value", "json_array", "json_object", "to_json", "row_to_json", "array_to_json",
    "json", "json_structure", "json_transform", "from_json", "json_group_array", "json_group_object", "json_merge_patch",
    // aggregates
    "count", "count_star", "sum", "sum_no_overflow", "fsum", "kahan_sum", "avg", "mean", "favg", "min", "max", "first", "last", "arbitrary",
    "any_value", "arg_min", "argmin", "min_by", "arg_max", "argmax", "max_by", "median", "mode", "quantile", "quantile_cont",
    "quantile_disc", "approx_count_distinct", "approx_quantile", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp",
    "covar_pop", "covar_samp", "corr", "regr_slope", "regr_intercept", "regr_r2", "regr_count", "regr_avgx", "regr_avgy", "regr_sxx",
    "regr_syy", "regr_sxy", "skewness", "kurtosis", "kurtosis_pop", "entropy", "product", "bit_and", "bit_or", "bit_xor", "bool_and",
    "bool_or", "string_agg", "group_concat", "listagg", "list", "array_agg", "histogram", "count_if", "countif", "mad", "geomean",
    "geometric_mean", "grouping", "grouping_id", "approx_top_k",
    // windows
    "row_number", "rank", "dense_rank", "rank_dense", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value", "last_value",
    "nth_value", "fill",
    // casts and types
    "typeof", "try_cast", "cast", "uuid_extract_timestamp", "alias"};

}  // namespace

bool is_allowed_function(std::string_view name) { return kAllowed.contains(name); }

}  // namespace weft
