"""A naive reading of the data door's semantics, over lists of Python values: the oracle. Shares nothing with the server.

A truth is True, False or None (unknown), as in SQL. A request is a `Request`; its answer an `Answer`, or a `Refusal` when
it has to be refused.
"""
from __future__ import annotations

import dataclasses
import datetime
import decimal
import functools
import heapq
import itertools
import operator
import re

from table import Table, parse_value, sort_key


@dataclasses.dataclass
class Condition:
    column: str
    op: str  # eq neq gt gte lt lte like ilike in is isdistinct
    values: list[str]
    quantifier: str = ""  # any, all
    negated: bool = False


@dataclasses.dataclass
class Group:
    kind: str  # and, or
    parts: list
    negated: bool = False


@dataclasses.dataclass
class Item:
    column: str  # `*`: all
    alias: str = ""
    cast: str = ""


@dataclasses.dataclass
class Key:
    column: str
    descending: bool = False
    nulls: str = ""  # first, last


@dataclasses.dataclass
class Request:
    select: list[Item]
    filters: list
    order: list[Key]
    limit: int | None = None
    offset: int | None = None
    range: tuple[int, int | None] | None = None  # header Range
    count: bool = False
    single: bool = False
    format: str = "json"  # ndjson csv parquet arrow
    by_suffix: bool = False  # else by Accept
    head: bool = False


@dataclasses.dataclass
class Answer:
    names: list[str]
    kinds: list[str]
    rows: list[list]
    first: int
    total: int


class Refusal(Exception):
    def __init__(self, status: int, code: str):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


def unknown_column() -> Refusal:
    return Refusal(400, "42703")


def index_of(table: Table, name: str) -> int:
    index = table.index(name)
    if index is None:
        raise unknown_column()
    return index


def compare(left, right) -> int:
    left, right = sort_key(left), sort_key(right)
    return (left > right) - (left < right)


# ---- Truths: of one value


def all_of(truths):
    result = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def any_of(truths):
    result = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            result = None
    return result


def negate(truth):
    return None if truth is None else not truth


def lower(text: str) -> str:
    """Character by character, without the context that str.lower() looks at."""
    return "".join("i" if c == "İ" else c.lower() for c in text)


def pattern_of(text: str, ignore_case: bool):
    """like's pattern as an anchored regular expression."""
    parts, i = [], 0
    text = lower(text) if ignore_case else text
    text = text.replace("*", "%")
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text):
            i += 1
            parts.append(re.escape(text[i]))
        elif text[i] == "%":
            parts.append(".*")
        elif text[i] == "_":
            parts.append(".")
        else:
            parts.append(re.escape(text[i]))
        i += 1
    return re.compile("".join(parts), re.DOTALL)


COMPARISONS = {
    "eq": lambda c: c == 0, "neq": lambda c: c != 0, "gt": lambda c: c > 0,
    "gte": lambda c: c >= 0, "lt": lambda c: c < 0, "lte": lambda c: c <= 0,
}


def literal(column, text: str):
    try:
        value = parse_value(column.kind, text)
    except (ValueError, KeyError) as problem:
        raise Refusal(400, "22P02") from problem
    bits = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63}.get(column.type)
    if bits is not None and not -(1 << bits) <= value < 1 << bits:
        raise Refusal(400, "22P02")
    return value


def single_test(column, op: str, text: str):
    """One value's test: a function from a value of the column to a truth."""
    if op in ("like", "ilike"):
        if column.kind != "text":
            raise Refusal(400, "42883")
        pattern = pattern_of(text, op == "ilike")
        return lambda value: None if value is None else pattern.fullmatch(lower(value) if op == "ilike" else value) is not None
    wanted = literal(column, text)
    if op == "isdistinct":
        return lambda value: True if value is None else compare(value, wanted) != 0
    holds = COMPARISONS[op]
    return lambda value: None if value is None else holds(compare(value, wanted))


def test_of(column, condition: Condition):
    op = condition.op
    if op == "is":
        word = condition.values[0].lower()
        if word in ("true", "false", "unknown") and column.kind != "boolean":
            raise Refusal(400, "42804")
        test = {
            "null": lambda value: value is None, "not_null": lambda value: value is not None, "unknown": lambda value: value is None,
            "true": lambda value: value is True, "false": lambda value: value is False,
        }[word]
    elif op == "in":
        wanted = [literal(column, text) for text in condition.values]
        if wanted:
            test = lambda value: None if value is None else any(compare(value, w) == 0 for w in wanted)  # noqa: E731
        else:
            test = lambda value: False  # noqa: E731
    elif condition.quantifier:
        tests = [single_test(column, op, text) for text in condition.values]
        combine = any_of if condition.quantifier == "any" else all_of
        test = lambda value: combine(t(value) for t in tests)  # noqa: E731
    else:
        test = single_test(column, op, condition.values[0])
    return (lambda value: negate(test(value))) if condition.negated else test


# ---- Truths: of all rows at once, as two numbers with a byte for each row: where it is true, and where it is false


@dataclasses.dataclass
class Truths:
    yes: int
    no: int

    def __and__(self, other: Truths) -> Truths:
        return Truths(self.yes & other.yes, self.no | other.no)

    def __or__(self, other: Truths) -> Truths:
        return Truths(self.yes | other.yes, self.no & other.no)

    def __invert__(self) -> Truths:
        return Truths(self.no, self.yes)

    def rows(self, table: Table) -> list[int]:
        """The numbers of the rows for which it is true."""
        return list(itertools.compress(range(len(table.rows)), self.yes.to_bytes(len(table.rows), "little")))


def everywhere(table: Table) -> Truths:
    return Truths(int.from_bytes(b"\1" * len(table.rows), "little"), 0)


def truths_of(table: Table, node) -> Truths:
    if isinstance(node, Condition):
        index = index_of(table, node.column)
        test = test_of(table.columns[index], node)
        values, places = table.ranks(index)
        truths = [test(value) for value in values]
        marks = [[truth is wanted for truth in truths] for wanted in (True, False)]
        return Truths(*(int.from_bytes(bytes(map(mark.__getitem__, places)), "little") for mark in marks))
    parts = [truths_of(table, part) for part in node.parts]
    result = functools.reduce(operator.and_ if node.kind == "and" else operator.or_, parts)
    return ~result if node.negated else result


# ---- select


def format_fraction(microsecond: int) -> str:
    return f".{microsecond:06}".rstrip("0") if microsecond else ""


def to_text(kind: str, value) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("timestamp", "timestamptz"):
        return value.strftime("%Y-%m-%d %H:%M:%S") + format_fraction(value.microsecond) + ("+00" if kind == "timestamptz" else "")
    if kind == "time":
        return value.strftime("%H:%M:%S") + format_fraction(value.microsecond)
    return format(value, "f") if kind == "decimal" else str(value)


# The casts that are tried: of kinds whose every value has an answer.
CASTS = {
    "text": {"integer", "text", "boolean", "date", "timestamp", "timestamptz", "decimal", "uuid", "time"},
    "float8": {"integer", "double"},
    "int8": {"integer", "boolean"},
    "numeric": {"integer", "decimal"},
    "timestamp": {"date", "timestamp"},
    "date": {"date", "timestamp"},
}
KIND_OF_CAST = {"text": "text", "float8": "double", "int8": "integer", "numeric": "decimal", "timestamp": "timestamp", "date": "date"}


def cast(kind: str, target: str, value):
    if value is None:
        return None
    if target == "text":
        return to_text(kind, value)
    if target == "float8":
        return float(value)
    if target == "int8":
        return int(value)
    if target == "timestamp":
        return datetime.datetime.combine(value, datetime.time()) if kind == "date" else value
    if target == "date":
        return value.date() if kind == "timestamp" else value
    return value


def chosen(table: Table, items: list[Item]) -> list[tuple[str, int, str]]:
    """(name, index, cast) of each output column."""
    result: list[tuple[str, int, str]] = []
    for item in items:
        if item.column == "*":
            candidates = [(column.name, i, "") for i, column in enumerate(table.columns)]
        else:
            index = index_of(table, item.column)
            candidates = [(item.alias or item.column, index, item.cast)]
        for candidate in candidates:
            same_name = [earlier for earlier in result if earlier[0].lower() == candidate[0].lower()]
            if candidate in same_name:
                continue
            if same_name:
                raise Refusal(400, "42701")
            result.append(candidate)
    return result


# ---- The whole


def window(request: Request) -> tuple[int, int | None]:
    """The rows that limit, offset and Range name together: (first, how many)."""
    if request.limit == 0:
        return 0, 0
    first = request.offset or 0
    end = None if request.limit is None else first + request.limit
    if request.range and not request.head:
        low, high = request.range
        first = max(first, low)
        if high is not None:
            end = high + 1 if end is None else min(end, high + 1)
        if end is not None and first >= end:
            raise Refusal(416, "PGRST103")
    return first, None if end is None else end - first


def order_ranks(table: Table, key: Key) -> list[int]:
    """For each row a number: the smaller, the earlier it comes."""
    values, places = table.ranks(index_of(table, key.column))
    last = len(values) - 1  # NULL's place
    nulls_first = key.nulls == "first" or (key.nulls == "" and key.descending)
    null_rank = -last - 1 if nulls_first else last + 1
    sign = -1 if key.descending else 1
    return [null_rank if place == last else sign * place for place in places]


def evaluate(table: Table, request: Request) -> Answer:
    first, count = window(request)
    output = chosen(table, request.select)
    rows = functools.reduce(operator.and_, [truths_of(table, node) for node in request.filters], everywhere(table)).rows(table)
    keys = [order_ranks(table, key) for key in request.order]
    total = len(rows)
    if request.count and first > total:
        raise Refusal(416, "PGRST103")
    end = total if count is None else min(total, first + count)
    if keys and end > first:
        # Equal rows keep their order: nsmallest() is sorted()[:n].
        rows = heapq.nsmallest(end, rows, key=lambda row: [ranks[row] for ranks in keys])
    page = [table.rows[row] for row in rows[first:end]]
    if request.single and len(page) != 1:
        raise Refusal(406, "PGRST116")
    columns = [(index, table.columns[index].kind, target) for _, index, target in output]
    shown = [[cast(kind, target, row[index]) if target else row[index] for index, kind, target in columns] for row in page]
    kinds = [KIND_OF_CAST.get(target, kind) for _, kind, target in columns]
    return Answer([name for name, _, _ in output], kinds, shown, first, total)
