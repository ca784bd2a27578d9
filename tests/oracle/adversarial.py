"""Data that is hard to carry: every kind of column, names that need quotes, nulls, edges of ranges, text from everywhere."""
from __future__ import annotations

import datetime
import decimal
import random
import uuid

import pyarrow
import pyarrow.parquet

from table import Column, Table

ARROW_TYPES = {
    "BOOLEAN": pyarrow.bool_(), "VARCHAR": pyarrow.string(), "DOUBLE": pyarrow.float64(), "DATE": pyarrow.date32(),
    "TIME": pyarrow.time64("us"), "TIMESTAMP": pyarrow.timestamp("us"), "TIMESTAMP WITH TIME ZONE": pyarrow.timestamp("us", "UTC"),
    "UUID": pyarrow.uuid(), "SMALLINT": pyarrow.int16(), "INTEGER": pyarrow.int32(), "BIGINT": pyarrow.int64(), "UBIGINT": pyarrow.uint64(),
}
TEXTS = [
    "", " ", "NULL", "null", "a,b", 'q"uote', '""', "it's", "back\\slash", "100%", "under_score", "star*", "(paren)", "{brace}", "[1]",
    "é", "É", "ß", "Ωmega", "日本語", "😀", "e\u0301", "\u202eleft", "İstanbul", "line\nbreak", "cr\r\nlf", "tab\t", "' OR 1=1 --", '"; DROP TABLE t',
    "$1", "?", ":x", "%s", "true", "1", "NaN", "Zebra", "zebra", " outer ", "a.b.c", "x::int", "&amp;", "+", "%41", "\x7f\x01", "\u00a0", "\U0010ffff",
    "long " * 80,
]
DOUBLES = [0.0, -0.0, 1.5, -2.25, 0.1, 1e15, 1e16, 1e300, -1e-300, 5e-324, 123456789.125, float("nan"), float("inf"), float("-inf")]
INTEGERS = [0, 1, -1, 7, 42, 2**31, -(2**31) - 1, 2**53 + 1, 10**18, 2**63 - 1, -(2**63)]
DECIMALS = [decimal.Decimal(text).quantize(decimal.Decimal("1e-4")) for text in ["0", "1.5", "-1.5000", "0.0001", "99999999999999.9999", "-99999999999999.9999", "12.34", "1000000"]]
WIDE = [decimal.Decimal(text) for text in [
    "0.0000000000", "1.0000000000", "-0.0000000001", "9999999999999999999999999999.0123456789", "12345678901234567890.5000000000"]]
DATES = ["0001-01-01", "1582-10-15", "1969-12-31", "1970-01-01", "2000-02-29", "2013-01-01", "2013-07-04", "9999-12-31"]
TIMES = ["00:00:00", "23:59:59.999999", "12:30:00", "05:06:07.5"]
REGIONS = ["north", "south", "east", "west", "nord,ost"]

COLUMNS = [
    Column("row_number", "BIGINT"), Column("note", "VARCHAR"), Column("order", "INTEGER"), Column("unit.price", "DECIMAL(18,4)"),
    Column("größe", "DOUBLE"), Column('a "b" c', "VARCHAR"), Column("active", "BOOLEAN"), Column("born", "DATE"), Column("seen_at", "TIMESTAMP"),
    Column("sent_at", "TIMESTAMP WITH TIME ZONE"), Column("opens", "TIME"), Column("key", "UUID"), Column("wide", "DECIMAL(38,10)"), Column("small", "SMALLINT"),
    Column("region", "VARCHAR"), Column("salary", "BIGINT"), Column("secret", "VARCHAR"), Column("code", "VARCHAR"), Column("token", "VARCHAR"),
]
HIDDEN = {"region", "salary", "secret"}
ROW_FILTER = "region=in.(north,south)&salary=gte.0"  # both columns are hidden
CASTS = {"code": "int8"}  # only rows that the filter takes away have a code that is no number


def make_table(seed: int, rows: int = 400) -> Table:
    chance = random.Random(seed)
    moment = datetime.datetime

    def maybe(values):
        return None if chance.random() < 0.15 else chance.choice(values)

    def timestamp():
        return maybe([moment(1969, 12, 31, 23, 59, 59, 999999), moment(1970, 1, 1), moment(2013, 1, 1, 5, 15), moment(9999, 12, 31, 23, 59, 59),
                      moment(2000 + chance.randrange(30), 1 + chance.randrange(12), 1, chance.randrange(24), 30, 0, 250000)])

    lines = []
    for number in range(rows):
        region, salary = chance.choice(REGIONS), maybe([-1, -5, 0, 1, 100, 10**12])
        shown = region in ("north", "south") and salary is not None and salary >= 0
        lines.append([
            number, maybe(TEXTS), maybe([0, 1, 2, 3, 2**31 - 1, -(2**31)]), maybe(DECIMALS),
            maybe(DOUBLES), maybe(TEXTS[:12] + [f"v{chance.randrange(30)}"]), maybe([True, False]), maybe([datetime.date.fromisoformat(text) for text in DATES]),
            timestamp(), timestamp(), maybe([datetime.time.fromisoformat(text) for text in TIMES]),
            maybe([str(uuid.UUID(int=chance.getrandbits(128)))]), maybe(WIDE),
            maybe([-32768, 32767, 0, 5]), region, salary, f"secret-{number}-{chance.randrange(10**9)}",
            str(chance.randrange(-1000, 1000)) if shown else f"no number {number}", f"{'shown' if shown else 'taken'}-{number}-{chance.randrange(10**9)}"])
    return Table(COLUMNS, lines)


def arrow_type(name: str) -> pyarrow.DataType:
    if name.startswith("DECIMAL("):
        return pyarrow.decimal128(*map(int, name[8:-1].split(",")))
    return ARROW_TYPES[name]


def write_parquet(table: Table, path) -> None:
    arrays = []
    for i, column in enumerate(table.columns):
        kind, values = arrow_type(column.type), [row[i] for row in table.rows]
        if column.kind == "uuid":
            values = [None if value is None else uuid.UUID(value).bytes for value in values]
        arrays.append(pyarrow.array(values, kind))
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=[column.name for column in table.columns]), path)
