"""Random requests to the data door from a seed, most of them good, some that must be refused. Reusable: `Generator`.

The probes (values in filters) come from the whole table, hidden rows too, and some requests name hidden columns: that is
what a curious reader would try.
"""
from __future__ import annotations

import datetime
import random
import urllib.parse

from answers import MEDIA_TYPES
from evaluate import CASTS, Condition, Group, Item, Key, Request
from table import Table

RESERVED = {"select", "order", "limit", "offset", "and", "or", "not.and", "not.or", "columns", "on_conflict"}
COMPARED = ["eq", "neq", "gt", "gte", "lt", "lte"]


def value_text(kind: str, value) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat() + ("Z" if kind == "timestamptz" else "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    return str(value)


class Generator:
    def __init__(self, table: Table, hidden: set[str], seed, casts: dict[str, str] | None = None):
        """`casts`: of text columns that may be cast, since every value that the reader may see survives it."""
        self.casts = casts or {}
        self.random = random.Random(seed)
        self.table = table
        self.hidden = sorted(hidden)
        self.visible = [column for column in table.columns if column.name not in hidden]
        self.filterable = [column for column in self.visible if column.kind != "other"]
        self.probes = {}
        for i, column in enumerate(table.columns):
            self.probes[column.name] = table.ranks(i)[0][:-1] or [None]

    # ---- Values

    def value(self, column) -> str:
        value = self.random.choice(self.probes[column.name])
        if value is None:
            value = {"integer": 1, "double": 1.5, "text": "x", "boolean": True}.get(column.kind)
        if value is None:
            return "2013-01-01"
        roll = self.random.random()
        if column.kind == "integer" and roll < 0.2:
            value += self.random.choice([-1, 1, 10])
        elif column.kind == "text" and roll < 0.2:
            value = self.random.choice([value.lower(), value.upper(), value[:-1], value + "x", ""])
        return value_text(column.kind, value)

    def pattern(self, column) -> str:
        text = "".join(c for c in self.value(column) if c not in "\\*%_")
        cut = self.random.randint(0, len(text))
        form = self.random.randrange(8)
        if form == 0:
            return text
        if form == 1:
            return text[:cut] + "*"
        if form == 2:
            return "*" + text[cut:]
        if form == 3:
            return "*" + text[cut:cut + 2] + "*"
        if form == 4:
            return text[:1] + "%" + text[-1:]
        if form == 5 and len(text.encode()) <= 255:  # the door takes no longer ones with `_`
            return text[:cut] + "_" + text[cut + 1:]
        if form == 6:
            whole = self.value(column)
            return "".join("\\" + c if c in "\\%_" else c for c in whole if c != "*")  # escaped: it is only itself
        return self.random.choice([text.lower(), text.upper()]) + "*"

    # ---- Conditions

    def condition(self) -> Condition:
        column = self.random.choice(self.filterable)
        negated = self.random.random() < 0.2
        roll = self.random.random()
        if roll < 0.12:
            return Condition(column.name, "is", [self.random.choice(["null", "not_null", "NULL"])], negated=negated)
        if column.kind == "boolean" and roll < 0.4:
            return Condition(column.name, "is", [self.random.choice(["true", "false", "unknown"])], negated=negated)
        if column.kind == "text" and roll < 0.4:
            op = self.random.choice(["like", "ilike"])
            if self.random.random() < 0.2:
                return Condition(column.name, op, [self.pattern(column) or "x" for _ in range(2)], self.random.choice(["any", "all"]), negated)
            return Condition(column.name, op, [self.pattern(column)], negated=negated)
        if roll < 0.55:
            return Condition(column.name, "in", [self.value(column) for _ in range(self.random.randint(0, 5))], negated=negated)
        if roll < 0.62:
            return Condition(column.name, "isdistinct", [self.value(column)], negated=negated)
        if roll < 0.70:
            op = self.random.choice([op for op in COMPARED if op != "neq"])
            values = [self.value(column) for _ in range(self.random.randint(0, 3))]
            return Condition(column.name, op, values, self.random.choice(["any", "all"]), negated)
        return Condition(column.name, self.random.choice(COMPARED), [self.value(column)], negated=negated)

    def node(self, depth: int):
        if depth == 0 or self.random.random() < 0.6:
            return self.condition()
        parts = [self.node(depth - 1) for _ in range(self.random.randint(1, 3))]
        return Group(self.random.choice(["and", "or"]), parts, self.random.random() < 0.25)

    # ---- The request

    def select(self) -> list[Item]:
        if self.random.random() < 0.25:
            return [Item("*")]
        items = []
        for number in range(self.random.randint(1, 5)):
            column = self.random.choice(self.visible)
            casts = [""] * 3 + [cast for cast, kinds in CASTS.items() if column.kind in kinds] + [self.casts.get(column.name, "")] * 3
            cast = self.random.choice(casts)
            # A cast column under its own name may meet itself without the cast: then it has to be renamed.
            alias = f"a{number}" if cast or self.random.random() < 0.3 else ""
            items.append(Item(column.name, alias, cast))
        if self.random.random() < 0.05:
            items.append(Item("*"))
        return items

    def order(self) -> list[Key]:
        columns = self.random.sample(self.filterable, min(len(self.filterable), self.random.randint(0, 3)))
        return [Key(column.name, self.random.random() < 0.5, self.random.choice(["", "", "first", "last"])) for column in columns]

    def good(self) -> Request:
        request = Request(self.select(), [self.node(2) for _ in range(self.random.randint(0, 3))], self.order())
        request.limit = self.random.choice([0, 1, 2, 7, 20, 50]) if self.random.random() < 0.95 else 500
        if self.random.random() < 0.3:
            request.offset = self.random.choice([0, 1, 5, 50, 1000, 10_000_000])
        if self.random.random() < 0.1:
            low = self.random.randint(0, 10)
            request.range = (low, self.random.choice([None, low, low + 9, max(low - 1, 0)]))
        request.count = self.random.random() < 0.4
        request.single = self.random.random() < 0.05
        if not request.single and self.random.random() < 0.5:
            request.format = self.random.choice(["ndjson", "csv", "parquet", "arrow"])
        request.by_suffix = not request.single and self.random.random() < 0.5
        request.head = self.random.random() < 0.05
        return request

    def spoiled(self, name: str) -> Request:
        """A good request into which a column is put that the reader must not find."""
        request = self.good()
        request.limit, request.offset, request.range, request.head = 20, None, None, False
        place = self.random.randrange(6)
        condition = self.random.choice([Condition(name, "is", ["null"]), Condition(name, "eq", ["1"]), Condition(name, "in", []), Condition(name, "gt", ["a"])])
        if place == 0:
            request.select = [Item(name)]
        elif place == 1:
            request.select = request.select + [Item(name, "x")]
        elif place == 2:
            request.filters = request.filters + [condition]
        elif place == 3:
            request.filters = request.filters + [Group("or", [self.condition(), condition])]
        elif place == 4:
            request.order = request.order + [Key(name)]
        else:
            request.filters = [Group("and", [Group("or", [condition], True), self.condition()], True)]
        return request

    def request(self) -> Request:
        roll = self.random.random()
        if roll < 0.08 and self.hidden:
            name = self.random.choice(self.hidden)
            return self.spoiled(self.random.choice([name, name, name.upper(), name + " "]))
        if roll < 0.1:
            return self.spoiled(self.random.choice(["nowhere", "id_", "Origin ", "rowid", "file_row_number", "filename"]))
        if roll < 0.13:
            request = self.good()
            kinds = {"integer", "double", "date", "timestamp", "timestamptz", "boolean"}
            columns = [column for column in self.filterable if column.kind in kinds]
            if columns:
                request.filters.append(Condition(self.random.choice(columns).name, self.random.choice(COMPARED + ["in"]), ["no value"]))
            return request
        return self.good()


# ---- Rendering


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_text(name: str, at_top: bool = False) -> str:
    plain = name.replace("_", "").replace("-", "").isalnum() and not name.startswith("-") and not name.endswith("-")
    return name if plain and not (at_top and name in RESERVED) else quoted(name)


def operation_text(condition: Condition, in_group: bool) -> str:
    text = ("not." if condition.negated else "") + condition.op
    if condition.op == "in":
        return f"{text}.({','.join(quoted(value) for value in condition.values)})"
    if condition.quantifier:
        text += f"({condition.quantifier})"
        value = "{" + ",".join(quoted(value) for value in condition.values) + "}"
        return f"{text}.{quoted(value) if in_group else value}"
    value = condition.values[0]
    return f"{text}.{quoted(value) if in_group and condition.op != 'is' else value}"


def node_text(node) -> str:
    if isinstance(node, Condition):
        return f"{name_text(node.column)}.{operation_text(node, True)}"
    return f"{'not.' if node.negated else ''}{node.kind}({','.join(node_text(part) for part in node.parts)})"


def parameters_of(request: Request) -> list[tuple[str, str]]:
    parameters = []
    if request.select != [Item("*")]:
        items = []
        for item in request.select:
            column = "*" if item.column == "*" else name_text(item.column)
            items.append((f"{name_text(item.alias)}:" if item.alias else "") + column + (f"::{item.cast}" if item.cast else ""))
        parameters.append(("select", ",".join(items)))
    for node in request.filters:
        if isinstance(node, Condition):
            parameters.append((name_text(node.column, at_top=True), operation_text(node, False)))
        else:
            parameters.append((("not." if node.negated else "") + node.kind, f"({','.join(node_text(part) for part in node.parts)})"))
    if request.order:
        keys = [name_text(k.column) + (".desc" if k.descending else "") + (f".nulls{k.nulls}" if k.nulls else "") for k in request.order]
        parameters.append(("order", ",".join(keys)))
    if request.limit is not None:
        parameters.append(("limit", str(request.limit)))
    if request.offset is not None:
        parameters.append(("offset", str(request.offset)))
    return parameters


def headers_of(request: Request) -> dict[str, str]:
    headers = {}
    if request.range:
        low, high = request.range
        headers["Range"] = f"{low}-{'' if high is None else high}"
    if request.count:
        headers["Prefer"] = "count=exact"
    if request.single:
        headers["Accept"] = "application/vnd.pgrst.object+json"
    elif request.format != "json" and not request.by_suffix:
        headers["Accept"] = MEDIA_TYPES[request.format]
    return headers


def suffix_of(request: Request) -> str:
    return f".{request.format}" if request.by_suffix else ""


def query_string(request: Request) -> str:
    return urllib.parse.urlencode(parameters_of(request))
