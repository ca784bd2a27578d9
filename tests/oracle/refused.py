"""Requests that must be refused whatever the data is: query, headers, status, PostgREST's code."""

from __future__ import annotations

import urllib.parse


def refused_requests(column: str, text: str, number: str) -> list[tuple[str, dict[str, str], int, str]]:
    """With names of a column of any kind, of one of text and one of integers, none of which needs quotes."""

    def query(**parameters: str) -> str:
        return urllib.parse.urlencode(parameters)

    syntax = [
        "limit=abc", "limit=1.5", "limit=", "offset=x", "limit=1&limit=2", "order=" + column + "&order=" + column, "select=" + column + "&select=" + column,
        query(select=f"{column},,{column}"), query(select=f"{column}:"), query(select=f"{column}::"), query(select=f'"{column}'), query(select=","),
        query(order=f"{column}.sideways"), query(order=f"{column}.desc.nullsmiddle"), query(order=f"{column}.desc.asc"),
        f"{column}=", f"{column}=foo", f"{column}=eq", f"{column}=between.1", f"{column}=not.1", f"{column}=EQ.1", f"{column}=eq(some).1",
        f"{column}=is.maybe", f"{column}=is.", f"{column}=in.1", f"{column}=in.(1", f"{column}=in.(1)2", f"{text}=eq(any).a", query(**{text: "eq(any).{a"}),
        query(**{"and": ""}), query(**{"and": "("}), query(**{"and": "()"}), query(**{"or": f"({column}.eq.1"}), query(**{"or": f"({column}.eq.1))"}),
        query(**{"or": f"{column}.eq.1"}), query(**{"and": f"({column}=eq.1)"}), query(**{"not.and": f"({column}.eq.1,)"}), query(**{"or": f"({column})"}),
        "columns=" + column, "on_conflict=" + column, f"%22{column}=eq.1", "=eq.1",
    ]
    limits = [
        query(**{text: "eq." + "x" * 8193}), f"offset={10**12 + 1}", query(**{number: f"in.({','.join(['1'] * 1001)})"}),
        "&".join([f"{number}=eq.1"] * 101), query(**{"and": "(and" * 11 + f"({number}.eq.1)" + ")" * 11}),
        query(order=",".join([column] * 17)), "select=" + ",".join(["*"] * 1001),
    ]
    cases = [(text_, {}, 400, "PGRST100") for text_ in syntax] + [(text_, {}, 400, "54000") for text_ in limits]
    cases += [(f"{text}={operator}.x", {}, 400, "PGRST127") for operator in ("match", "imatch", "fts", "plfts", "cs", "cd", "ov", "sl", "adj", "not.match")]
    cases += [
        ("limit=-1", {}, 416, "PGRST103"), ("offset=-1", {}, 416, "PGRST103"), ("", {"Range": "5-2"}, 416, "PGRST103"),
        ("select=other(*)", {}, 400, "PGRST200"), ("select=...other(*)", {}, 400, "PGRST200"), (f"other.{column}=eq.1", {}, 400, "PGRST108"),
        ("select=count()", {}, 400, "PGRST123"), (f"select={number}.sum()", {}, 400, "PGRST123"),
        (query(select=f"{text}->x"), {}, 400, "PGRST127"), (query(**{f"{text}->>x": "eq.1"}), {}, 400, "PGRST127"),
        (f"{text}=like.x%5C", {}, 400, "22025"), (f"{number}=like.1*", {}, 400, "42883"), (f"{text}=is.true", {}, 400, "42804"),
        (f"select={column}::nothing", {}, 400, "42704"), (f"select={text}::blob", {}, 400, "42704"), (f"select={number}::uuid", {}, 400, "42846"),
        (query(select=f"a:{text},a:{number}"), {}, 400, "42701"),
        (f"{number}=eq.1e400", {}, 400, "22P02"), (f"{number}=eq.99999999999999999999", {}, 400, "22P02"), (f"{number}=in.(1,x)", {}, 400, "22P02"),
        ("", {"Accept": "text/html"}, 406, "PGRST107"), ("", {"Accept": "application/json;q=0"}, 406, "PGRST107"), ("", {"Accept-Profile": "private"}, 406, "PGRST106"),
        ("", {"Prefer": "handling=strict, sorted=always"}, 400, "PGRST122"),
        (f"{text}=eq.%FF", {}, 400, "PGRST100"), (f"{text}=eq.%00", {}, 400, "PGRST100"), (f"{text}=eq.%zz", {}, 400, "PGRST100"),
    ]
    return cases
