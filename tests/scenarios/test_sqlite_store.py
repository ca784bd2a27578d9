"""A SQLite file as a data store, also one in WAL mode: the worker that reads it may write nothing beside it."""
import itertools
import sqlite3
import threading

import pytest

from conftest import open_mesh
from waiting import wait_for_run


@pytest.mark.parametrize("writer", ["gone", "there", "crashed"])
def test_wal(make_server, tmp_path, writer):
    mesh = open_mesh(make_server())
    folder = tmp_path / "files"
    folder.mkdir()
    file = folder / "a.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a int)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    if writer == "gone":
        connection.close()
    if writer == "crashed":
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
        connection.close()
        for name, data in kept.items():
            (folder / name).write_bytes(data)
        (folder / "a.db-shm").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(0o555)
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "file", "type": "sqlite", "coordinates": {"path": str(file)}, "rights": [{"domain": "shop"}]}).json()["id"]
    assert mesh.call("olivia", "POST", f"/api/v1/data-stores/{store}/check").json()["outcome"] == "reachable"
    element = mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": "t"})
    assert element.status_code == 201, element.text
    sample = mesh.call("olivia", "GET", f"/api/v1/elements/{element.json()['id']}/sample")
    assert sample.json()["rows"] == [{"a": 1}]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    folder.chmod(0o755)


SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, email TEXT);
CREATE TABLE orders (customer INT REFERENCES customers, line SMALLINT NOT NULL, amount DECIMAL(10,2), at TIMESTAMP, PRIMARY KEY (customer, line));
CREATE TABLE strict_rows (code TEXT PRIMARY KEY, parent TEXT REFERENCES strict_rows (code)) STRICT, WITHOUT ROWID;
CREATE TABLE "Odd ""name""; --" ("Select" int, loose);
CREATE TABLE sqliteish (a int);
CREATE TABLE vacant (a int);
CREATE VIEW totals AS SELECT customer, sum(amount) AS amount FROM orders GROUP BY customer;
CREATE INDEX by_at ON orders (at) WHERE at IS NOT NULL;
WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
INSERT INTO customers SELECT i, 'customer ' || i, 'planted' || i || '@example.org' FROM n;
INSERT INTO orders SELECT id / 10, id % 10, id / 100.0, NULL FROM customers;
INSERT INTO strict_rows VALUES ('a', NULL), ('b', 'a');
INSERT INTO "Odd ""name""; --" VALUES (1, 'x');
"""


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_table_tells_its_keys_and_size(make_server, tmp_path, analyzed):
    mesh = open_mesh(make_server())
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(SCHEMA)
        if analyzed:
            connection.executescript("ANALYZE; DELETE FROM customers WHERE id >= 1500")  # what is told is as old as that
    connection.close()
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "file", "type": "sqlite", "coordinates": {"path": str(file)}, "rights": [{"domain": "shop"}]}).json()["id"]
    listed = mesh.call("olivia", "GET", f"/api/v1/data-stores/{store}/tables").json()["items"]
    sizes = {"Odd \"name\"; --": 1, "customers": 2000, "orders": 2000, "sqliteish": 0, "strict_rows": 2, "totals": None, "vacant": 0}
    assert {table["name"]: table["row_estimate"] for table in listed} == sizes

    def element(table):
        answer = mesh.call("olivia", "POST", "/api/v1/elements", json={
            "domain": "shop", "store": store, "table": table, "name": "e" + str(list(sizes).index(table))})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def columns(of):
        return [(column["name"], column["native_type"], column["nullable"], column.get("key_position"), column.get("references")) for column in of["columns"]]

    customers, orders, strict, odd = (element(table) for table in ("customers", "orders", "strict_rows", "Odd \"name\"; --"))
    assert columns(customers) == [("id", "INTEGER", False, 1, None), ("name", "VARCHAR(40)", False, None, None), ("email", "TEXT", True, None, None)]
    of_customers = {"schema": "main", "table": "customers", "column": "id"}
    assert columns(orders) == [("customer", "INT", True, 1, of_customers), ("line", "SMALLINT", False, 2, None), ("amount", "DECIMAL(10,2)", True, None, None),
                               ("at", "TIMESTAMP", True, None, None)]
    assert columns(strict) == [("code", "TEXT", False, 1, None), ("parent", "TEXT", True, None, {"schema": "main", "table": "strict_rows", "column": "code"})]
    assert [column["name"] for column in odd["columns"]] == ["Select", "loose"]
    assert [of["row_estimate"] for of in (customers, orders, strict, odd)] == [2000, 2000, 2, 1]
    assert element("totals")["row_estimate"] is None
    profile = mesh.call("olivia", "GET", f"/api/v1/elements/{customers['id']}/profile").json()
    assert profile["rows"] == (1500 if analyzed else 2000), "a profile looks for itself"


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_tables_of_one_refresh_fit_each_other(make_server, tmp_path, journal):
    """Rows move between two tables all the while: in every snapshot each is in one of them, and in one only."""
    mesh = open_mesh(make_server())
    file = tmp_path / "moving.db"
    connection = sqlite3.connect(file, timeout=60, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("PRAGMA synchronous = OFF")
    for table in ("here", "there"):
        connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, filling TEXT)")
    connection.execute("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 150000) INSERT INTO here SELECT i, 'filling' FROM n")
    stop = threading.Event()

    def move():
        for at in itertools.count():
            for source, target, which in (("here", "there", at), ("there", "here", at * 7)):
                if stop.is_set():
                    return
                where = f"WHERE id = 1 + {which} % 150000"
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"INSERT INTO {target} SELECT * FROM {source} {where}")
                connection.execute(f"DELETE FROM {source} {where}")
                connection.execute("COMMIT")
            stop.wait(0.002)

    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "file", "type": "sqlite", "coordinates": {"path": str(file)}, "rights": [{"domain": "shop"}]}).json()["id"]
    elements = [mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": table}).json()["id"] for table in ("here", "there")]
    product = mesh.call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": "moving", "title": "Moving", "description": "Here or there.",
        "ingredients": [{"alias": f"i{at}", "element": element} for at, element in enumerate(elements)],
        "ports": [{"name": f"i{at}", "ingredient": f"i{at}"} for at in range(2)]}).json()["id"]
    writer = threading.Thread(target=move)
    writer.start()
    try:
        for how in ("publish", "refresh", "refresh"):
            run = mesh.call("olivia", "POST", f"/api/v1/products/{product}/{how}").json()["id"]
            done = wait_for_run(mesh, run)
            assert done["state"] == "succeeded" and writer.is_alive(), done
            found = [line for at in range(2) for line in mesh.call("olivia", "GET", f"/data/v1/shop/moving/i{at}.csv?select=id").text.split()[1:]]
            assert len(found) == 150000 and len(set(found)) == 150000, (len(found), len(set(found)))
    finally:
        stop.set()
        writer.join()
        connection.close()
