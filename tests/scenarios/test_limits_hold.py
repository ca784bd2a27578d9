"""What a grant hides and filters holds whatever the owner does next: each case is a product, limits, and what comes after the decision."""
import sqlite3

import pytest
from waiting import until, wait_for_run

ROWS = "id,name,email,tz\n1,Ann,secret-1@x.org,-7\n2,Bob,secret-2@x.org,-5\n3,Cid,secret-3@x.org,\n"
REGIONS = "k,email,region\n-7,secret-1@x.org,EU\n-5,secret-2@x.org,US\n"
HIDE_EMAIL = {"hidden_columns": ["email"]}
WEST = {"row_filter": "tz=eq.-7"}


class Shop:
    """A domain of olivia's with the tables a.csv and r.csv as elements `a` and `r`, and one product."""

    def __init__(self, mesh, folder):
        self.mesh, self.folder = mesh, folder
        folder.mkdir()
        (folder / "a.csv").write_text(ROWS)
        (folder / "r.csv").write_text(REGIONS)
        self.ok("ada", "POST", "/api/v1/domains", {"name": "shop", "owners": ["olivia"]})
        self.store = self.ok("olivia", "POST", "/api/v1/data-stores", {
            "name": "files", "type": "folder", "coordinates": {"path": str(folder)}, "rights": [{"domain": "shop"}]})["id"]
        self.elements = {name: self.table(f"{name}.csv") for name in ("a", "r")}
        self.product = None

    def ok(self, who, method, path, body=None, **options):
        answer = self.mesh.call(who, method, path, json=body, **options)
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json()

    def table(self, file):
        return self.ok("olivia", "POST", "/api/v1/elements", {"domain": "shop", "store": self.store, "table": file})["id"]

    def settle(self, run):
        assert (ended := wait_for_run(self.mesh, run, "olivia"))["state"] == "succeeded", ended

    def last_run(self, thing):
        runs = self.ok("olivia", "GET", f"/api/v1/runs?object={thing}")["items"]
        return runs and runs[0]["state"] not in ("queued", "running") and runs[0]

    def ingredients(self, **aliases):
        return [{"alias": alias, "element": self.elements[name]} for alias, name in (aliases or {name: name for name in self.elements}).items()]

    def view(self, name, sql):
        if name in self.elements:
            self.ok("olivia", "PUT", f"/api/v1/elements/{self.elements[name]}/view", {"sql": sql, "ingredients": self.ingredients(a="a", r="r")},
                    headers={"If-Match": "*"})
        else:
            self.elements[name] = self.ok("olivia", "POST", "/api/v1/elements", {
                "domain": "shop", "name": name, "sql": sql, "ingredients": self.ingredients(a="a", r="r")})["id"]
        assert until(lambda: self.last_run(self.elements[name]), f"{name} is refreshed")["state"] == "succeeded"

    def publish(self, ports, **aliases):
        definition = {"title": "P", "description": "Rows.", "ingredients": self.ingredients(**aliases),
                      "ports": [{"name": name, "sql": sql} for name, sql in ports.items()]}
        if self.product is None:
            self.product = self.ok("olivia", "POST", "/api/v1/products", {"domain": "shop", "name": "p"} | definition)["id"]
        else:
            self.ok("olivia", "PUT", f"/api/v1/products/{self.product}", definition, headers={"If-Match": "*"})
        self.settle(self.ok("olivia", "POST", f"/api/v1/products/{self.product}/publish")["id"])

    def refresh(self):
        self.settle(self.ok("olivia", "POST", f"/api/v1/products/{self.product}/refresh")["id"])

    def request(self, who="nina"):
        return self.ok(who, "POST", "/api/v1/subscriptions", {"product": self.product, "purpose": "Work."})["id"]

    def grant(self, limits):
        self.ok("grace", "POST", f"/api/v1/subscriptions/{self.request()}/decision", {"decision": "approve", "limits": limits})

    def read(self, port):
        """The columns that nina sees and the ids of the rows; `closed` for a port that is."""
        answer = self.mesh.call("nina", "GET", f"/data/v1/shop/p/{port}")
        assert "secret" not in answer.text.lower(), answer.text
        if answer.status_code == 403:
            return "closed"
        assert answer.status_code == 200, answer.text
        rows = answer.json()
        return sorted(rows[0]) if rows else [], sorted(row["id"] for row in rows)


@pytest.fixture
def shop(mesh, tmp_path):
    return Shop(mesh, tmp_path / "files")


ALL = [1, 2, 3]
# Ports and aliases; what is hidden; what is seen of each port at once, and still after a refresh.
HIDDEN = {
    "two aliases of one table": (
        {"x": "SELECT id, email FROM a", "y": "SELECT id, email AS contact FROM b", "z": "SELECT a.id, b.email AS contact FROM a JOIN b ON a.id = b.id"},
        {"a": "a", "b": "a"}, ["email"], {"x": (["id"], ALL), "y": (["id"], ALL), "z": (["id"], ALL)}),
    "joined by it": (
        {"x": "SELECT id, email, region FROM a JOIN r USING (email)", "y": "SELECT id, email AS contact FROM a", "z": "SELECT id, upper(email) AS s FROM a"},
        {}, ["email"], {"x": (["id", "region"], [1, 2]), "y": (["id"], ALL), "z": (["id"], ALL)}),
    "computed under its own name": (
        {"x": "SELECT id, lower(email) AS email FROM a", "y": "SELECT id, email AS contact FROM a"}, {}, ["email"], {"x": (["id"], ALL), "y": (["id"], ALL)}),
    "computed from what is seen": (
        {"x": "SELECT id, coalesce(tz, 0) AS zone FROM a", "y": "SELECT id, tz FROM a"}, {}, ["zone"], {"x": (["id"], ALL), "y": (["id", "tz"], ALL)}),
    "through a CTE": (
        {"x": "WITH q AS (SELECT id, email AS contact, tz FROM a) SELECT id, contact, tz FROM q", "y": "SELECT id, email AS e FROM a"}, {}, ["contact"],
        {"x": (["id", "tz"], ALL), "y": (["id"], ALL)}),
    "through a union": (
        {"x": "SELECT id, name AS who FROM a UNION ALL SELECT id, email FROM a WHERE false", "y": "SELECT id, email AS e, tz FROM a"}, {}, ["who"],
        {"x": (["id"], ALL), "y": (["id", "tz"], ALL)}),
    "more is hidden": (
        {"x": "SELECT id, email, tz FROM a", "c": "SELECT * REPLACE (email AS name) FROM a"}, {}, ["email", "tz"], {"x": (["id"], ALL), "c": (["id"], ALL)}),
    "a star that is called otherwise": (
        {"x": "SELECT id, email FROM a", "y": "SELECT id, COLUMNS(* EXCLUDE (id, name, tz)) AS name FROM a"}, {}, ["email"],
        {"x": (["id"], ALL), "y": (["id"], ALL)}),
    "beside a table of the owner's own": (
        {"x": "SELECT id, email FROM a", "y": "SELECT a.id, label, email AS e FROM a JOIN (VALUES (-7, 'west'), (-5, 'east')) AS l(k, label) ON k = tz"},
        {}, ["email"], {"x": (["id"], ALL), "y": (["id", "label"], [1, 2])}),
    "computed, nobody knows from what": (
        {"x": "SELECT id, (SELECT max(b.name) FROM a AS b WHERE b.id = a.id) AS hit FROM a", "y": "SELECT id, name AS e FROM a"}, {}, ["hit"],
        {"x": (["id"], ALL), "y": (["e", "id"], ALL)}),
    "nobody knows which": (
        {"x": "SELECT id, v AS hit FROM a UNPIVOT (v FOR n IN (name, email))", "y": "SELECT id, email AS e FROM a"}, {}, ["hit"],
        {"x": "closed", "y": "closed"}),
}


@pytest.mark.parametrize("ports, aliases, hidden, seen", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_hidden_is_hidden_everywhere(shop, ports, aliases, hidden, seen):
    shop.publish(ports, **aliases)
    shop.grant({"hidden_columns": hidden})
    assert {port: shop.read(port) for port in ports} == seen
    shop.refresh()
    assert {port: shop.read(port) for port in ports} == seen


# The SQL of a view and of the port that are filtered by tz, and what the owner makes of them: does the port stay open?
PLAIN = "SELECT id, name, tz FROM v"
FILTERED = {
    "another column is added": (None, "SELECT id, name, tz, 1 AS one, /* new */ upper(name) AS loud FROM v", True),
    "through a CTE": (None, "WITH q AS (SELECT * FROM v) SELECT id, tz FROM q WHERE id < 3", True),
    "null is something": (None, "SELECT id, name, coalesce(tz, -7) AS tz FROM v", False),
    "a constant": (None, "SELECT id, name, -7::BIGINT AS tz FROM v", False),
    "of all rows": (None, "SELECT id, name, max(tz) OVER () - 2 AS tz FROM v", False),
    "rows are given again": (None, "SELECT id, name, tz FROM v GROUP BY GROUPING SETS ((id, name, tz), (id, name))", False),
    "grouped": (None, "SELECT id, tz, count(*) AS n FROM v GROUP BY id, tz", True),
    "of another row": (None, "SELECT y.id, y.name, v.tz FROM v JOIN v AS y ON v.id <> y.id", False),
    "the view is something else": ("SELECT id, name, least(tz, -7) AS tz FROM a", PLAIN, False),
    "the view is written otherwise": ("SELECT id,  name, /* zone */ tz, email IS NULL AS odd FROM a", PLAIN, True),
}


@pytest.mark.parametrize("view, port, stays", FILTERED.values(), ids=FILTERED.keys())
def test_a_filter_is_held_to_what_it_was_decided_on(shop, view, port, stays):
    shop.view("v", "SELECT id, name, tz FROM a")
    shop.publish({"x": PLAIN}, v="v")
    shop.grant(WEST)
    assert shop.read("x") == (["id", "name", "tz"], [1])
    if view:
        shop.view("v", view)
    if port != PLAIN:
        shop.publish({"x": port}, v="v")
    else:
        shop.refresh()
    assert (shop.read("x")[1] if stays else shop.read("x")) == ([1] if stays else "closed")


def test_a_join_is_part_of_what_is_filtered_by(shop):
    shop.publish({"x": "SELECT a.id, r.region FROM a JOIN r ON r.k = a.tz"})
    shop.grant({"row_filter": "region=eq.EU"})
    assert shop.read("x") == (["id", "region"], [1])
    shop.publish({"x": "SELECT a.id, r.region, a.name FROM a JOIN r ON r.k = a.tz WHERE a.id < 9"})
    assert shop.read("x") == (["id", "name", "region"], [1])
    shop.publish({"x": "SELECT a.id, r.region FROM a JOIN r ON true"})
    assert shop.read("x") == "closed"


def test_a_column_that_is_called_otherwise_in_the_store_stays_hidden(shop):
    shop.publish({"x": "SELECT * FROM a"}, a="a")
    shop.grant(HIDE_EMAIL)
    assert shop.read("x") == (["id", "name", "tz"], ALL)
    (shop.folder / "a.csv").write_text(ROWS.replace("email", "mailbox"))
    shop.ok("olivia", "POST", f"/api/v1/elements/{shop.elements['a']}/reread")
    shop.publish({"x": "SELECT * FROM a"}, a="a")
    assert shop.read("x") == (["id", "name", "tz"], ALL)


def test_what_the_catalog_does_not_know_is_not_shown_by_another_name(shop):
    shop.publish({"x": "SELECT id, email FROM a", "y": "SELECT id, email AS contact FROM a"}, a="a")
    shop.grant(HIDE_EMAIL)
    (shop.folder / "a.csv").write_text("id,name\n1,Ann\n")
    shop.ok("olivia", "POST", f"/api/v1/elements/{shop.elements['a']}/reread")
    (shop.folder / "a.csv").write_text(ROWS)
    shop.refresh()
    assert (shop.read("x"), shop.read("y")) == ((["id"], ALL), (["id"], ALL))


def test_a_column_that_moves_to_the_other_side_of_a_join_stays_hidden(shop):
    shop.view("v", "SELECT id, name AS contact FROM a")
    shop.view("w", "SELECT id AS k, email FROM a")
    shop.publish({"x": "SELECT id, email FROM a", "y": "SELECT v.id, contact FROM v JOIN w ON v.id = w.k",
                  "n": "SELECT id, contact FROM v NATURAL RIGHT JOIN (SELECT k AS id FROM w)"}, a="a", v="v", w="w")
    shop.grant(HIDE_EMAIL)
    assert shop.read("y") == (["contact", "id"], ALL)
    shop.view("v", "SELECT id, tz AS zone FROM a")
    shop.view("w", "SELECT id AS k, email AS contact FROM a")
    shop.publish({"x": "SELECT id, email FROM a", "y": "SELECT v.id, contact FROM v JOIN w ON v.id = w.k"}, a="a", v="v", w="w")
    assert shop.read("y") == (["id"], ALL)


def test_a_decision_names_the_version_that_it_is_for(shop):
    shop.publish({"x": "SELECT id, email, name FROM a"}, a="a")
    request = shop.request()
    shop.publish({"x": "SELECT id, email AS name, name AS email FROM a"}, a="a")
    decide = lambda version: shop.mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={
        "decision": "approve", "limits": HIDE_EMAIL, "product_version": version})
    refused = decide(1)
    assert (refused.status_code, refused.json()["code"]) == (409, "product.changed"), refused.text
    assert decide(0).status_code == 400
    assert decide(2).status_code == 200


def test_tables_of_sqlite_go_by_their_own_names(shop):
    file = shop.folder / "shop.db"
    with sqlite3.connect(file) as database:
        database.execute("create table People (id int)")
    store = shop.ok("olivia", "POST", "/api/v1/data-stores", {
        "name": "db", "type": "sqlite", "coordinates": {"path": str(file)}, "rights": [{"domain": "shop"}]})["id"]
    status = lambda table: shop.mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": table, "name": "t"}).status_code
    assert (status("people"), status("People")) == (404, 201)


def test_a_structure_without_names_is_refused_before_it_is_published(shop):
    shop.product = shop.ok("olivia", "POST", "/api/v1/products", {
        "domain": "shop", "name": "p", "title": "P", "description": "Rows.", "ingredients": shop.ingredients(a="a"),
        "ports": [{"name": "x", "sql": "SELECT row(id, name) AS pair FROM a"}]})["id"]
    refused = shop.mesh.call("olivia", "POST", f"/api/v1/products/{shop.product}/publish")
    assert refused.status_code == 422 and "fields have no names" in refused.json()["errors"][0]["message"], refused.text
