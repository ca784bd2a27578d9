"""A table's schema is taken anew when its store has changed it: what came, what went, and what people had said of the rest."""
import sqlite3

from run_steps import make_table
from waiting import wait_for_run


def reread(mesh, element, who="olivia"):
    return mesh.call(who, "POST", f"/api/v1/elements/{element}/reread")


def entries(mesh, element):
    return [entry["action"] for entry in mesh.call("ada", "GET", f"/api/v1/audit?object={element}").json()["items"]]


def tags(answer):
    return {column["name"]: column["personal"] for column in answer.json()["columns"]}


def test_columns_come_and_go_and_what_was_said_stays(mesh, tmp_path):
    table = make_table(mesh, tmp_path / "a")
    path = f"/api/v1/elements/{table}"
    said = mesh.call("olivia", "PATCH", path, headers={"If-Match": "*"}, json={
        "columns": [{"name": "name", "personal": "confirmed", "description": "What it is called."}]})
    assert said.status_code == 200, said.text
    unchanged = reread(mesh, table)
    assert (unchanged.status_code, unchanged.headers["ETag"]) == (200, said.headers["ETag"])

    (tmp_path / "a" / "rows.csv").write_text("NAME,email,id,size\none,a@example.org,x1,2\n")
    changed = reread(mesh, table)
    assert changed.status_code == 200 and changed.headers["ETag"] != said.headers["ETag"], changed.text
    columns = {column["name"]: column for column in changed.json()["columns"]}
    assert list(columns) == ["NAME", "email", "id", "size"] and columns["id"]["type"] == "VARCHAR"
    assert (columns["NAME"]["personal"], columns["NAME"]["description"]) == ("confirmed", "What it is called.")
    assert (columns["email"]["personal"], columns["size"]["personal"]) == ("suspected", "no")
    assert entries(mesh, table).count("element.reread") == 1
    assert mesh.call("olivia", "GET", f"{path}/sample").json()["rows"] == [{"id": "x1", "size": 2}]

    # What came when something personal went may be it.
    (tmp_path / "a" / "rows.csv").write_text("email,id,size,label\na@example.org,x1,2,one\n")
    renamed = reread(mesh, table)
    assert tags(renamed) == {"email": "suspected", "id": "no", "size": "no", "label": "suspected"}
    assert {column["name"]: column.get("formerly") for column in renamed.json()["columns"]} == {
        "email": None, "id": None, "size": None, "label": ["NAME"]}


def test_only_owners_of_the_domain_may_and_only_of_tables(mesh, tmp_path):
    table = make_table(mesh, tmp_path / "a")
    assert reread(mesh, table, "wanda").status_code == 404
    assert reread(mesh, table, "dana").status_code == 404
    assert reread(mesh, table, "nobody").status_code == 401
    view = mesh.call("olivia", "POST", "/api/v1/elements", json={
        "domain": "shop", "name": "view", "sql": "SELECT id FROM r", "ingredients": [{"alias": "r", "element": table}]}).json()["id"]
    assert (reread(mesh, view).status_code, reread(mesh, view).json()["code"]) == (409, "element.not_mapped")
    (tmp_path / "a" / "rows.csv").unlink()
    assert reread(mesh, table).status_code == 404


def test_a_refresh_tells_what_the_catalog_does_not_know_and_what_is_gone(mesh, tmp_path):
    table = make_table(mesh, tmp_path / "a")
    product = mesh.call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": "rows", "title": "Rows", "description": "One row is one row.",
        "ingredients": [{"alias": "r", "element": table}], "ports": [{"name": "rows", "ingredient": "r"}]}).json()["id"]

    def run(verb):
        return wait_for_run(mesh, mesh.call("olivia", "POST", f"/api/v1/products/{product}/{verb}").json()["id"])

    assert run("publish")["state"] == "succeeded"
    (tmp_path / "a" / "rows.csv").write_text("id,name,size\n1,one,2\n")
    told = run("refresh")
    assert told["state"] == "succeeded" and any("does not know its columns size" in line for line in told["log"]), told["log"]
    (tmp_path / "a" / "rows.csv").write_text("id,size\n1,2\n")
    failed = run("refresh")
    assert failed["state"] == "failed" and failed["failure"]["code"] == "run.column_missing", failed
    assert "has no column 'name' any more" in failed["failure"]["message"] and "reread" in failed["failure"]["hint"]
    # Taken anew and published again, it is right again: a port without a choice of columns has them all.
    assert reread(mesh, table).status_code == 200
    assert run("publish")["state"] == "succeeded"
    assert mesh.call("olivia", "GET", "/data/v1/shop/rows/rows").json() == [{"id": 1, "size": 2}]


def test_what_sqlite_gives_no_type_is_text_as_sqlite_shows_it(mesh, tmp_path):
    (tmp_path / "b").mkdir()
    with sqlite3.connect(tmp_path / "b" / "shop.db") as database:
        database.execute("CREATE TABLE things (id INTEGER, anything, picture BLOB)")
        database.executemany("INSERT INTO things VALUES (?, ?, ?)", [(1, 1, b"\xff"), (2, "text", None), (3, 1.5, None), (4, None, None)])
        database.execute("CREATE VIEW counted AS SELECT count(*) AS n FROM things")
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "db", "type": "sqlite", "coordinates": {"path": str(tmp_path / "b" / "shop.db")}, "rights": [{"domain": "shop"}]}).json()["id"]

    def rows(table):
        element = mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": table})
        assert element.status_code == 201, element.text
        return mesh.call("olivia", "GET", f"/api/v1/elements/{element.json()['id']}/sample").json()["rows"]

    assert [row["anything"] for row in rows("things")] == ["1", "text", "1.5", None]
    assert rows("counted") == [{"n": "4"}]
