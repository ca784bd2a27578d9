#!/usr/bin/env python3
"""Asks a port generated requests as one reader and compares every answer with an oracle that knows only his permitted view.

  python3 tests/oracle/run.py --url http://127.0.0.1:8080/data/v1/air/flights/flights --token TOKEN \\
      --csv flights.csv --hidden tailnum,flight --row-filter 'origin=eq.JFK' --n 10000 --seed 1

The CSV has all columns and all rows, in the order of the snapshot. Exits 1 at the first difference, which it prints with
the request; prints its counts at the end.
"""
from __future__ import annotations

import argparse
import collections
import http.client
import json
import sys
import time
import urllib.parse

from evaluate import Answer, Condition, Refusal, Request, evaluate, truths_of
from generate_requests import Generator, headers_of, query_string
from table import Table, permitted_view, read_csv


def read_row_filter(text: str):
    """`origin=eq.JFK&carrier=in.(AA,UA)`: conditions without and/or, which is what an oracle can read without a grammar."""
    conditions = []
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True):
        negated = value.startswith("not.")
        op, _, rest = value.removeprefix("not.").partition(".")
        if name in ("and", "or") or not op.isalpha():
            sys.exit(f"--row-filter: only conditions such as origin=eq.JFK, not {name}={value}")
        values = rest.strip("()").split(",") if op == "in" else [rest]
        conditions.append(Condition(name, op, values, negated=negated))

    def truths(table: Table) -> list:
        columns = [truths_of(table, condition) for condition in conditions]
        return [all(truth is True for truth in row) for row in zip(*columns)]

    return truths if conditions else None


class Door:
    """One kept-alive connection."""

    def __init__(self, url: str, token: str):
        self.url = urllib.parse.urlsplit(url)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection = None

    def get(self, query: str, headers: dict[str, str]):
        if self.connection is None:
            kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
            self.connection = kind(self.url.netloc, timeout=60)
        self.connection.request("GET", self.url.path + ("?" + query if query else ""), headers={**self.headers, **headers})
        response = self.connection.getresponse()
        body = response.read()
        if response.will_close:
            self.connection.close()
            self.connection = None
        return response.status, response.headers, body


def expected_status(answer: Answer, request: Request) -> int:
    return 206 if request.count and len(answer.rows) < answer.total else 200


def expected_range(answer: Answer, request: Request) -> str:
    rows = f"{answer.first}-{answer.first + len(answer.rows) - 1}" if answer.rows else "*"
    return f"{rows}/{answer.total if request.count else '*'}"


def difference(request: Request, expected, status: int, headers, body: bytes) -> str | None:
    """What is wrong with the server's answer, or None."""
    if isinstance(expected, Refusal):
        if status != expected.status:
            return f"status {status}, expected {expected.status}"
        code = json.loads(body).get("code")
        return None if code == expected.code else f"code {code}, expected {expected.code}"
    if status != expected_status(expected, request):
        return f"status {status}, expected {expected_status(expected, request)}"
    rows = [dict(zip(expected.names, row)) for row in expected.rows]
    wanted = rows[0] if request.single else rows
    got = json.loads(body)
    if got != wanted:
        return f"rows differ\n  got      {json.dumps(got)[:2000]}\n  expected {json.dumps(wanted)[:2000]}"
    if rows and [list(row) for row in ([got] if request.single else got)] != [list(row) for row in rows]:
        return "columns come in another order"
    if headers.get("Content-Range") != expected_range(expected, request):
        return f"Content-Range {headers.get('Content-Range')}, expected {expected_range(expected, request)}"
    return None


def without_ids(body: bytes, name: str) -> str:
    """An error's body, made comparable with that for another name."""
    problem = json.loads(body)
    problem.pop("request_id", None)
    return json.dumps(problem, sort_keys=True).replace(name, "?")


def compare_hidden_with_absent(door: Door, generator: Generator, name: str) -> str | None:
    """The same request with a hidden column's name and with a name of that length that never was: the same words."""
    absent = "q" * len(name)
    state = generator.random.getstate()
    hidden = generator.spoiled(name)
    generator.random.setstate(state)
    never = generator.spoiled(absent)
    hidden_answer = door.get(query_string(hidden), headers_of(hidden))
    never_answer = door.get(query_string(never), headers_of(never))
    if hidden_answer[0] != never_answer[0] or without_ids(hidden_answer[2], name) != without_ids(never_answer[2], absent):
        return f"{query_string(hidden)}\n  hidden {hidden_answer[2]!r}\n  never  {never_answer[2]!r}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", default="")
    parser.add_argument("--csv", required=True)
    parser.add_argument("--schema", help="JSON list of {name, type}, as a port's columns in the API; without it types are guessed")
    parser.add_argument("--null", default="", help="texts that mean NULL in the CSV, separated by commas; empty fields always do")
    parser.add_argument("--hidden", default="")
    parser.add_argument("--row-filter", default="")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()

    table = read_csv(options.csv, options.schema, {"", *options.null.split(",")})
    hidden = {name for name in options.hidden.split(",") if name}
    view = permitted_view(table, read_row_filter(options.row_filter), hidden)
    print(f"oracle: seed {options.seed}, {len(view.rows)} of {len(table.rows)} rows and {len(view.columns)} of {len(table.columns)} columns permitted", flush=True)
    generator = Generator(table, hidden, options.seed)
    door = Door(options.url, options.token)
    counts: collections.Counter = collections.Counter()
    for number in range(options.n):
        if hidden and number % 50 == 0:
            found = compare_hidden_with_absent(door, generator, generator.random.choice(sorted(hidden)))
            if found:
                print(f"request {number}: a hidden column is told from an absent one: {found}")
                return 1
            counts["hidden = absent"] += 1
        request = generator.request()
        try:
            expected = evaluate(view, request)
        except Refusal as refusal:
            expected = refusal
        status, headers, body = door.get(query_string(request), headers_of(request))
        wrong = difference(request, expected, status, headers, body)
        if wrong:
            print(f"request {number}: {wrong}\n  GET ?{query_string(request)}\n  {headers_of(request)}\n  body {body[:2000]!r}\n  {request}")
            return 1
        counts[expected.code if isinstance(expected, Refusal) else "rows" if expected.rows else "no rows"] += 1
    print(f"oracle: {options.n} requests, no difference: {dict(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
