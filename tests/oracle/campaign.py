"""Many generated requests to a port as one reader, held against the oracle, and against a port that lacks what is hidden from him.

The second port, the twin, serves the permitted view itself to a reader without limits: each answer must be the same, word for word.
"""
from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import http.client
import json
import random
import urllib.parse

from answers import difference
from evaluate import Refusal, Request, evaluate
from generate_requests import Generator, headers_of, query_string, suffix_of
from refused import refused_requests
from table import Table


MAX_DIFFERENCES = 5  # of a connection, then it stops


class Difference(AssertionError):
    pass


@dataclasses.dataclass
class Port:
    url: str
    token: str


@dataclasses.dataclass
class Campaign:
    port: Port
    table: Table  # everything, for values that a curious reader would try
    view: Table  # what he may know
    hidden: set[str]
    count: int
    seed: int
    twin: Port | None = None
    casts: dict[str, str] = dataclasses.field(default_factory=dict)
    taken: set[str] = dataclasses.field(default_factory=set)  # texts that stand only in what is hidden
    connections: int = 4


class Door:
    """One kept-alive connection."""

    def __init__(self, port: Port):
        self.url = urllib.parse.urlsplit(port.url)
        self.headers = {"Authorization": f"Bearer {port.token}"} if port.token else {}
        self.connection = None

    def ask(self, query: str, headers: dict[str, str], suffix: str = "", method: str = "GET"):
        if self.connection is None:
            kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
            self.connection = kind(self.url.netloc, timeout=60)
        self.connection.request(method, self.url.path + suffix + ("?" + query if query else ""), headers={**self.headers, **headers})
        response = self.connection.getresponse()
        body = response.read()
        if response.will_close:
            self.connection.close()
            self.connection = None
        return response.status, response.headers, body


def comparable(door: Door, answer) -> tuple:
    """An answer without what may differ between two ports of the same rows: ids, times, where it was asked."""
    status, headers, body = answer
    if "json" in headers.get("Content-Type", "") and status >= 400 and body:
        problem = json.loads(body)
        problem.pop("request_id", None)
        body = json.dumps(problem, sort_keys=True, ensure_ascii=False).replace(door.url.path, "PORT").encode()
    parquet = "parquet" in headers.get("Content-Type", "")  # its rows are compared with the oracle's; its layout is the writer's
    shown = [headers.get(name) for name in ("Content-Type", "Content-Range", "Preference-Applied", "Cache-Control", "Vary")]
    return status, shown, b"" if parquet else body


def show(door: Door, what) -> str:
    query, headers, suffix, method = what
    return f"{method} {door.url.path}{suffix}?{query}\n  {headers}"


class Asker:
    """One connection's share of the campaign."""

    def __init__(self, campaign: Campaign, number: int):
        self.campaign, self.number = campaign, number
        self.door = Door(campaign.port)
        self.twin = Door(campaign.twin) if campaign.twin else None
        self.generator = Generator(campaign.table, campaign.hidden, f"{campaign.seed}-{number}", campaign.casts)
        self.chance = random.Random(f"{campaign.seed}-{number}-refused")
        plain = [column for column in campaign.view.columns if column.name.replace("_", "").isalnum() and column.name not in ("order", "limit", "select")]
        of_kind = {kind: next(column.name for column in plain if column.kind == kind) for kind in ("text", "integer")}
        self.refused = refused_requests(plain[0].name, of_kind["text"], of_kind["integer"])
        self.counts: collections.Counter = collections.Counter()
        self.differences: list[str] = []

    def run(self, count: int) -> Asker:
        for _ in range(count):
            roll = self.chance.random()
            try:
                if roll < 0.05:
                    self.ask_refused()
                elif roll < 0.08 and self.campaign.hidden:
                    self.ask_hidden_and_absent()
                else:
                    self.ask_generated()
            except Difference as difference:
                self.differences.append(str(difference))
                if len(self.differences) == MAX_DIFFERENCES:
                    break
        return self

    def ask_generated(self):
        request = self.generator.request()
        try:
            expected = evaluate(self.campaign.view, request)
        except Refusal as refusal:
            expected = refusal
        what = (query_string(request), headers_of(request), suffix_of(request), "HEAD" if request.head else "GET")
        answer = self.door.ask(*what)
        wrong = difference(request, expected, *answer)
        if wrong:
            raise Difference(f"{wrong}\n  {show(self.door, what)}\n  {answer[2][:1500]!r}\n  {request}")
        self.look_for_hidden(what, answer)
        self.compare_with_twin(what, answer)
        if isinstance(expected, Refusal):
            self.counts[expected.code] += 1
        else:
            self.counts[("HEAD" if request.head else request.format) + ("" if expected.rows else ", no rows")] += 1

    def ask_refused(self):
        query, headers, status, code = self.chance.choice(self.refused)
        what = (query, headers, "", "GET")
        answer = self.door.ask(*what)
        wrong = difference(Request([], [], []), Refusal(status, code), *answer)
        if wrong:
            raise Difference(f"{wrong}\n  {show(self.door, what)[:3000]}\n  {answer[2][:1500]!r}")
        self.compare_with_twin(what, answer)
        self.counts[code] += 1

    def ask_hidden_and_absent(self):
        """The same request with a hidden column's name and with a name of that length that never was: the same words."""
        name = self.chance.choice(sorted(self.campaign.hidden))
        absent, state, answers = "q" * len(name), self.generator.random.getstate(), []
        for tried in (name, absent):
            self.generator.random.setstate(state)
            request = self.generator.spoiled(tried)
            status, headers, body = comparable(self.door, self.door.ask(query_string(request), headers_of(request), suffix_of(request)))
            answers.append((status, headers, body.replace(tried.encode(), b"?")))
        if answers[0] != answers[1]:
            raise Difference(f"a hidden column is told from an absent one: ?{query_string(request)}\n  hidden {answers[0]}\n  absent {answers[1]}")
        self.counts["hidden = absent"] += 1

    def compare_with_twin(self, what, answer):
        if not self.twin:
            return
        own, other = comparable(self.door, answer), comparable(self.twin, self.twin.ask(*what))
        if own != other:
            raise Difference(f"another answer from a port that lacks what is hidden\n  {show(self.door, what)[:3000]}\n  {str(own)[:1500]}\n  {str(other)[:1500]}")

    def look_for_hidden(self, what, answer):
        body = answer[2].decode("utf-8", "ignore")
        found = [text for text in self.campaign.taken if text in body and text not in urllib.parse.unquote_plus(what[0])]
        if found:
            raise Difference(f"hidden values in the answer: {found[:3]}\n  {show(self.door, what)}")


def run_campaign(campaign: Campaign) -> collections.Counter:
    """Returns how often what was answered; raises `Difference` with the first ones."""
    shares = [campaign.count // campaign.connections + (number < campaign.count % campaign.connections) for number in range(campaign.connections)]
    with concurrent.futures.ThreadPoolExecutor(campaign.connections) as pool:
        askers = list(pool.map(lambda number: Asker(campaign, number).run(shares[number]), range(campaign.connections)))
    differences = [difference for asker in askers for difference in asker.differences]
    if differences:
        raise Difference("\n\n".join(differences))
    return sum((asker.counts for asker in askers), collections.Counter())
