"""Values planted in personal columns go nowhere but into a product's own snapshot: not into what is kept, nor into any answer.

The whole way: mapping, looking, sample, profile, views that fail on such values, publishing, search, usage, audit, runs, mails, logs.
"""
import itertools
import sqlite3

import pyarrow.parquet
import pytest

from conftest import open_mesh
from waiting import OPEN, until, wait_for_run

PERSONAL = ["email", "phone_number", "full_name", "date_of_birth"]
ROWS = 40


def planted(number):
    """The personal values of a row; nothing else in the mesh looks like them."""
    return [f"planted.mail.{number}@example.test", f"+49-7310099-{number:04}", f"Planted Xylophia {number}", f"1747-0{1 + number // 20}-{10 + number % 20}"]


VALUES = [value for number in range(ROWS) for value in planted(number)]
MARKS = [b"planted.mail.", b"49-7310099-", b"Xylophia", b"1747-01-", b"1747-02-"]  # no clock and no identifier ever has one


def make_folder(folder):
    lines = ["id,city," + ",".join(PERSONAL)] + [f"{i},Town {i % 3}," + ",".join(planted(i)) for i in range(ROWS)]
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    return {"type": "folder", "coordinates": {"path": str(folder)}}, "people.csv"


def make_sqlite(folder):
    with sqlite3.connect(folder / "people.db") as base:
        base.execute(f"CREATE TABLE people (id INTEGER PRIMARY KEY, city TEXT, {', '.join(name + ' TEXT' for name in PERSONAL)})")
        base.executemany(f"INSERT INTO people VALUES ({','.join('?' * 6)})", [[i, f"Town {i % 3}", *planted(i)] for i in range(ROWS)])
    base.close()
    return {"type": "sqlite", "coordinates": {"path": str(folder / "people.db")}}, "people"


class Guard:
    """Calls, and looks for planted values in each answer and, when asked, in all that lies in the data folder."""

    def __init__(self, mesh):
        self.mesh, self.found = mesh, []

    def call(self, who, method, path, **options):
        answer = self.mesh.call(who, method, path, **options)
        sent = str(options.get("json", "")) + path
        self.found += [f"{who} {method} {path} → {answer.status_code}: {mark}" for mark in MARKS if mark in answer.content and mark.decode() not in sent]
        return answer

    def made(self, who, method, path, body=None):
        answer = self.call(who, method, path, json=body)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        return answer.json()

    def run(self, who, run):
        return wait_for_run(self, run, who)["state"]

    def look_into_folder(self, lake=()):
        """`lake`: ids whose snapshots hold rows with right."""
        log = self.mesh.data.parent / "server.log"
        for file in itertools.chain([log], (path for path in self.mesh.data.rglob("*") if path.is_file())):
            if any(part in lake for part in file.parts):
                continue
            content = file.read_bytes()
            if content[:4] == b"PAR1":
                content += str(pyarrow.parquet.read_table(file).to_pylist()).encode()
            self.found += [f"{file}: {mark} {content[max(content.index(mark) - 100, 0):][:200]}" for mark in MARKS if mark in content]


@pytest.mark.parametrize("make_store", [make_folder, make_sqlite])
def test_planted_values_are_nowhere(make_server, tmp_path, make_store):
    folder = tmp_path / "files"
    folder.mkdir()
    store, table = make_store(folder)
    mesh = open_mesh(make_server())
    guard = Guard(mesh)
    guard.made("ada", "POST", "/api/v1/domains", {"name": "staff", "owners": ["olivia"]})

    # Looked at, and nothing is kept.
    store = guard.made("olivia", "POST", "/api/v1/data-stores", {"name": "files", "rights": [{"domain": "staff"}], **store})["id"]
    guard.made("olivia", "POST", f"/api/v1/data-stores/{store}/check")
    guard.made("olivia", "GET", f"/api/v1/data-stores/{store}/tables")
    element = guard.made("olivia", "POST", "/api/v1/elements", {"domain": "staff", "store": store, "table": table, "name": "people"})
    assert sorted(column["name"] for column in element["columns"] if column["personal"] == "suspected") == sorted(PERSONAL)
    sample = guard.made("olivia", "GET", f"/api/v1/elements/{element['id']}/sample")
    assert (len(sample["rows"]), sorted(sample["withheld"])) == (20, sorted(PERSONAL))
    guard.made("olivia", "GET", f"/api/v1/elements/{element['id']}/profile")
    guard.look_into_folder()

    # Files whose lines can't be read.
    if table == "people.csv":
        good = (folder / table).read_text()
        for bad in ("x," + ",".join(planted(1)) + "\n", "1,2," + ",".join(planted(1)) + ",3\n", '1,"' + ",".join(planted(1))):
            (folder / table).write_text(good + "".join(f"{i},Town,{','.join(planted(1))}\n" for i in range(30000)) + bad)
            for path in ("sample", "profile"):
                guard.call("olivia", "GET", f"/api/v1/elements/{element['id']}/{path}")
        (folder / table).write_text(good)

    # Views and ports that fail on such values.
    ingredients = [{"alias": "people", "element": element["id"]}]
    for number, sql in enumerate(["SELECT email::INTEGER AS n FROM people", "SELECT error(full_name) AS n FROM people", "SELECT date_of_birth::DATE + phone_number::INTERVAL AS n FROM people",
                                  "SELECT id, (SELECT full_name FROM people) AS n FROM people"]):
        guard.call("olivia", "POST", "/api/v1/elements", json={"domain": "staff", "name": f"view{number}", "sql": sql, "ingredients": ingredients})
    until(lambda: all(item["state"] not in OPEN for item in guard.call("olivia", "GET", "/api/v1/runs").json()["items"]), "all runs have ended")
    runs = [guard.call("olivia", "GET", f"/api/v1/runs/{item['id']}").json() for item in guard.call("olivia", "GET", "/api/v1/runs").json()["items"]]
    assert sum(run["state"] == "failed" for run in runs) >= 2, "views that fail on a value were tried"
    guard.look_into_folder()

    # Published with each kind of sample; real ones are refused.
    products = []
    for kind in ("none", "masked", "real"):
        product = guard.made("olivia", "POST", "/api/v1/products", {
            "domain": "staff", "name": f"people_{kind}", "title": "People", "description": "One row a person.",
            "ingredients": ingredients, "ports": [{"name": "people", "ingredient": "people", "sample": kind}]})["id"]
        published = guard.call("olivia", "POST", f"/api/v1/products/{product}/publish")
        assert published.status_code == (422 if kind == "real" else 202), published.text
        if kind != "real":
            assert guard.run("olivia", published.json()["id"]) == "succeeded"
            products.append(product)
    derived = guard.made("olivia", "POST", "/api/v1/products", {
        "domain": "staff", "name": "renamed", "title": "Renamed", "description": "One row a person.", "ingredients": ingredients,
        "ports": [{"name": "people", "sql": "SELECT id, email AS contact, full_name || '!' AS who, city FROM people", "sample": "masked"}]})["id"]
    assert guard.run("olivia", guard.made("olivia", "POST", f"/api/v1/products/{derived}/publish")["id"]) == "succeeded"
    products.append(derived)

    # A reader whose grant hides them, and one without.
    request = guard.made("dana", "POST", "/api/v1/subscriptions", {"product": products[0], "purpose": "Work."})["id"]
    limits = {"hidden_columns": PERSONAL, "row_filter": "city=eq.Town 1"}
    guard.made("grace", "POST", f"/api/v1/subscriptions/{request}/decision", {"decision": "approve", "limits": limits})
    port = "/data/v1/staff/people_none/people"
    for suffix, query in itertools.product(["", ".csv", ".ndjson", ".parquet", ".arrow"], ["", "?limit=1", "?email=like.*", "?order=email", "?select=city::int4"]):
        for who in ("dana", "dev", "ada", "grace", "nobody"):
            guard.call(who, "GET", port + suffix + query)

    for column in PERSONAL:  # the owner may read them; the log may not
        assert mesh.call("olivia", "GET", f"{port}?select={column}::int4").status_code == 400

    # Whatever can be asked, by everybody.
    pages = ["/api/v1/search?q=", "/api/v1/search?q=Xyloph", "/api/v1/search?q=planted", "/api/v1/products", "/api/v1/elements", "/api/v1/runs", "/api/v1/audit?limit=1000",
             "/api/v1/notifications", "/api/v1/outbox", "/api/v1/subscriptions", "/api/v1/usage/readers", "/metrics", "/api/v1/data-stores",
             f"/api/v1/elements/{element['id']}", f"/api/v1/elements/{element['id']}/sample", f"/api/v1/elements/{element['id']}/profile"]
    pages += [f"/api/v1/products/{product}{rest}" for product in products for rest in ("", "/ports/people/sample")]
    for who, page in itertools.product(("ada", "olivia", "grace", "dana", "zoe", "nobody"), pages):
        guard.call(who, "GET", page)
    for item in guard.call("ada", "GET", "/api/v1/runs").json()["items"]:
        guard.call("ada", "GET", f"/api/v1/runs/{item['id']}")
    sample = guard.made("dev", "GET", f"/api/v1/products/{products[1]}/ports/people/sample")
    assert (len(sample["rows"]), sorted(sample["withheld"])) == (20, sorted(PERSONAL))
    masks = {name: {row[name] for row in sample["rows"]} for name in PERSONAL}  # a date may be one to its store
    assert masks.pop("date_of_birth") in ({"***"}, {None}) and all(mask == {"***"} for mask in masks.values()), masks
    assert guard.call("dev", "GET", f"/api/v1/products/{products[0]}/ports/people/sample").status_code == 404

    assert mesh.call("olivia", "GET", port + "?limit=1").json()[0]["email"] == planted(0)[0], "the values are in the product itself"
    assert mesh.stop() == 0
    guard.look_into_folder(lake=products)
    assert not guard.found, "\n".join(guard.found)
