"""A grant's limits, read: the rows that they leave."""
from __future__ import annotations

import functools
import operator
import sys
import urllib.parse

from evaluate import Condition, truths_of
from table import Table


def read_row_filter(text: str):
    """`origin=eq.JFK&carrier=in.(AA,UA)`: conditions without and/or, which is what an oracle can read without a grammar."""
    conditions = []
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True):
        negated = value.startswith("not.")
        op, _, rest = value.removeprefix("not.").partition(".")
        if name in ("and", "or") or not op.isalpha():
            sys.exit(f"--row-filter: only conditions such as origin=eq.JFK, not {name}={value}")
        values = rest.strip("()").split(",") if op == "in" else [rest]
        conditions.append(Condition(name.strip('"'), op, values, negated=negated))

    def rows(table: Table) -> list:
        truths = functools.reduce(operator.and_, [truths_of(table, condition) for condition in conditions])
        return [table.rows[number] for number in truths.rows(table)]

    return rows if conditions else None
