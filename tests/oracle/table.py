"""A table as Python values, and the permitted view of it: what a reader with a row filter and hidden columns may know."""
from __future__ import annotations

import csv
import dataclasses
import datetime
import decimal
import json
import re

KINDS = {
    "BOOLEAN": "boolean", "VARCHAR": "text", "DOUBLE": "double", "DATE": "date", "TIME": "time",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz", "UUID": "uuid",
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer", "HUGEINT": "integer",
    "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer",
}


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    type: str  # the server's word

    @property
    def kind(self) -> str:
        return "decimal" if self.type.startswith("DECIMAL(") else KINDS.get(self.type, "other")


@dataclasses.dataclass
class Table:
    columns: list[Column]
    rows: list[list]  # in the order of the snapshot; NULL is None

    def index(self, name: str) -> int | None:
        return next((i for i, column in enumerate(self.columns) if column.name == name), None)


def parse_timestamp(text: str) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return time.astimezone(datetime.timezone.utc).replace(tzinfo=None) if time.tzinfo else time


def parse_value(kind: str, text: str):
    """The value that `text` is in a column of that kind; ValueError when it is none."""
    if kind == "text":
        return text
    text = text.strip()
    if kind == "integer":
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise ValueError(text)
        return int(text)
    if kind == "double":
        return float(text)
    if kind == "decimal":
        try:
            return decimal.Decimal(text)
        except decimal.InvalidOperation as problem:
            raise ValueError(text) from problem
    if kind == "boolean":
        return {"true": True, "t": True, "false": False, "f": False}[text.lower()]
    if kind == "date":
        return datetime.date.fromisoformat(text)
    if kind == "time":
        return datetime.time.fromisoformat(text)
    if kind in ("timestamp", "timestamptz"):
        return parse_timestamp(text)
    if kind == "uuid":
        return text.lower()
    raise ValueError(f"no values of kind {kind}")


def infer_type(texts: list[str]) -> str:
    """As the snapshot's maker does for CSV: the narrowest of these that takes every value."""
    tests = [
        ("BOOLEAN", r"(?i)true|false"), ("BIGINT", r"[+-]?[0-9]{1,18}"), ("DOUBLE", r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
        ("DATE", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), ("TIMESTAMP WITH TIME ZONE", r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)"),
        ("TIMESTAMP", r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+"),
    ]
    return next((name for name, pattern in tests if texts and all(re.fullmatch(pattern, text) for text in texts)), "VARCHAR")


def read_csv(path: str, schema: str | None, nulls: set[str]) -> Table:
    """`schema`: a JSON file with a list of {"name","type"}, as a port's `columns` in the API; without it types are guessed."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *lines = list(csv.reader(file))
    if schema:
        with open(schema, encoding="utf-8") as file:
            types = {column["name"]: column["type"] for column in json.load(file)}
        keep = [i for i, name in enumerate(header) if name in types]
    else:
        keep = list(range(len(header)))
        types = {name: infer_type([line[i] for line in lines if line[i] not in nulls]) for i, name in enumerate(header)}
    columns = [Column(header[i], types[header[i]]) for i in keep]
    rows = [[None if line[i] in nulls else parse_value(column.kind, line[i]) for i, column in zip(keep, columns)] for line in lines]
    return Table(columns, rows)


def permitted_view(table: Table, row_filter, hidden: set[str]) -> Table:
    """`row_filter`: a function from the table to one truth per row, or None."""
    truths = row_filter(table) if row_filter else [True] * len(table.rows)
    keep = [i for i, column in enumerate(table.columns) if column.name not in hidden]
    rows = [[row[i] for i in keep] for row, truth in zip(table.rows, truths) if truth is True]
    return Table([table.columns[i] for i in keep], rows)
