"""A PostgreSQL database as a data store: registered, tried, browsed, mapped, looked at, pulled, and what is refused."""
import json
import os
import signal
import subprocess

import pytest

from conftest import Postgres, Server, open_mesh
from waiting import until, wait_for_run

PASSWORD = "scrambled egg 'n \"bacon\""
SCHEMA = """
CREATE ROLE reader LOGIN PASSWORD {password};
CREATE ROLE stranger LOGIN PASSWORD {password};
CREATE SCHEMA shop;
CREATE SCHEMA hidden;
CREATE TABLE hidden.salaries (id int, amount int);
CREATE TYPE shop.mood AS ENUM ('sad', 'happy');
CREATE DOMAIN shop.price AS numeric(10,2) NOT NULL;
CREATE TYPE shop.place AS (street text, number int);
CREATE TABLE shop.customers (id int PRIMARY KEY, name text NOT NULL, email text);
COMMENT ON TABLE shop.customers IS 'Who buys.';
COMMENT ON COLUMN shop.customers.name IS 'As on the bill.';
INSERT INTO shop.customers SELECT i, 'customer ' || i, 'planted' || i || '@example.org' FROM generate_series(1, 1000) i;
CREATE TABLE shop.orders (customer int REFERENCES shop.customers, line smallint, amount shop.price, at timestamptz,
  PRIMARY KEY (customer, line));
INSERT INTO shop.orders SELECT 1 + i / 10, i % 10, i / 100.0, '2024-01-01 12:00+02'::timestamptz + i * interval '1 minute' FROM generate_series(0, 4999) i;
CREATE TABLE shop.odd (
  id int PRIMARY KEY, whole bigint, free numeric, wide numeric(50,3), small numeric(5,2), f real, d double precision,
  day date, moment timestamp, instant timestamptz, clock time, zoned timetz, span interval, yes boolean, raw bytea, who uuid,
  doc jsonb, texts text[], numbers int[], moments timestamptz[], grid int[][], feeling shop.mood, feelings shop.mood[], cost shop.price,
  range int4range, address shop.place, net inet, coin char(5), t text);
INSERT INTO shop.odd VALUES
  (1, 9223372036854775807, 12345678901234567890123456789012345678901234567890.5, 1.125, 999.99, 1.5, 0.1, '2024-02-29', '2024-02-29 23:59:59.123456',
   '2024-02-29 23:59:59+02', '24:00:00', '12:00+02', '1 month 2 days 03:00', true, '\\x00ff5c', '123e4567-e89b-12d3-a456-426614174000',
   '{{"a": [1, {{"b": "\\"x"}}], "n": 12345678901234567890.123}}', ARRAY['a', NULL, 'NULL', 'c,"d"\\', ''], '{{1,NULL,3}}', '{{2024-01-01 00:00+00,infinity}}',
   '{{{{1,2}},{{3,4}}}}', 'happy', '{{sad,happy}}', 1.10, '[1,5)', ROW('Main "St"', 5), '10.0.0.1/8', 'ab', E'tab\\there\\nline\\\\back \\u00e4\\u20ac\\U0001F600'),
  (2, NULL, 'NaN', 'NaN', NULL, 'NaN', '-Infinity', 'infinity', '-infinity', 'infinity', NULL, NULL, NULL, NULL, '', NULL, 'null', '{{}}', NULL, NULL, NULL, NULL, NULL,
   0, 'empty', NULL, NULL, NULL, ''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, '0044-03-15 BC', '0044-03-15 12:00 BC', '0044-03-15 12:00+00 BC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '\\N');
CREATE TABLE shop."Größe; DROP TABLE x --" ("Select" int, "a""b" text, "c d" text, "ü'%s{{}}" text);
INSERT INTO shop."Größe; DROP TABLE x --" VALUES (1, 'one', 'two', 'three');
CREATE TABLE shop.events (id int, day date, what text) PARTITION BY RANGE (day);
CREATE TABLE shop.events_2023 PARTITION OF shop.events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE shop.events_2024 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO shop.events SELECT i, '2023-07-01'::date + i, 'event' FROM generate_series(0, 299) i;
CREATE VIEW shop.totals AS SELECT customer, sum(amount) AS amount FROM shop.orders GROUP BY customer;
CREATE MATERIALIZED VIEW shop.busy AS SELECT count(*) AS orders FROM shop.orders;
CREATE TABLE shop.nothing (a int, b text);
CREATE TABLE shop.partly (open text, secret text);
INSERT INTO shop.partly VALUES ('open', 'planted secret');
CREATE TABLE shop.closed (a int);
CREATE TABLE shop.twice (a int, "A" int);
CREATE VIEW shop.slow AS SELECT i, pg_sleep(600)::text AS s FROM generate_series(1, 10) i;
CREATE TABLE public.plain (a int);
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop, public TO reader;
REVOKE SELECT ON shop.partly, shop.closed FROM reader;
GRANT SELECT (open) ON shop.partly TO reader;
ANALYZE shop.customers;
"""


class Warehouse(Postgres):
    """Lets `reader` and `stranger` in by SCRAM only, over TLS or without."""

    def __init__(self):
        super().__init__()
        data = self.folder / "data"
        hba = data / "pg_hba.conf"
        hba.write_text("host all reader,stranger,nobody all scram-sha-256\nhostssl all postgres all reject\n" + hba.read_text())
        key, certificate = data / "server.key", data / "server.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        key.chmod(0o600)
        if os.getuid() == 0:
            owner = hba.stat()
            os.chown(key, owner.st_uid, owner.st_gid)
            os.chown(certificate, owner.st_uid, owner.st_gid)
        self.certificate = certificate.read_text()
        self.sql("ALTER SYSTEM SET ssl = on", "postgres")
        self.sql("SELECT pg_reload_conf()", "postgres")
        self.sql(SCHEMA.format(password="'" + PASSWORD.replace("'", "''") + "'"), self.create())

    def create(self):
        self.database = self.new_database().rsplit("/", 1)[1]
        return self.database

    def sql(self, text, database=None):
        done = subprocess.run(self.command("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", str(self.port), "-U", "weft", "-d", database or self.database, "-f", "-"),
                              input=text, text=True, capture_output=True, cwd=self.folder, env={**os.environ, "PGCLIENTENCODING": "UTF8"})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def warehouse():
    cluster = Warehouse()
    yield cluster
    cluster.stop()


class World:
    """A mesh with olivia's domain `shop` and a store on the warehouse."""

    def __init__(self, mesh, warehouse):
        self.mesh, self.call, self.warehouse = mesh, mesh.call, warehouse
        assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
        self.coordinates = {"host": "127.0.0.1", "port": warehouse.port, "database": warehouse.database, "user": "reader"}
        answer = self.register("warehouse")
        assert answer.status_code == 201, answer.text
        self.store = answer.json()["id"]

    def register(self, name, secret=PASSWORD, **changes):
        coordinates = {key: value for key, value in {**self.coordinates, **changes}.items() if value is not None}
        return self.call("olivia", "POST", "/api/v1/data-stores", json={
            "name": name, "type": "postgres", "coordinates": coordinates, "rights": [{"domain": "shop"}], **({"secret": secret} if secret else {})})

    def check(self, store=None):
        answer = self.call("olivia", "POST", f"/api/v1/data-stores/{store or self.store}/check")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def map(self, table, **more):
        return self.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": self.store, "schema": "shop", "table": table, **more})

    def element(self, table, **more):
        answer = self.map(table, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def product(self, name, *tables, confirm=True):
        ingredients = [{"alias": f"i{at}", "element": table["id"]} for at, table in enumerate(tables)]
        answer = self.call("olivia", "POST", "/api/v1/products", json={
            "domain": "shop", "name": name, "title": name, "description": "What is there.",
            "ingredients": ingredients, "ports": [{"name": item["alias"], "ingredient": item["alias"]} for item in ingredients]})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def publish(self, product):
        answer = self.call("olivia", "POST", f"/api/v1/products/{product}/publish")
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()["id"]

    def finish(self, run):
        return wait_for_run(self, run)

    def rows(self, name, *tables, query=""):
        run = self.finish(self.publish(self.product(name, *tables)))
        assert run["state"] == "succeeded", run
        return [self.read(f"/data/v1/shop/{name}/i{at}{query}") for at in range(len(tables))]

    def read(self, path):
        answer = self.call("olivia", "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def make_world(make_server, warehouse, *arguments, addresses=None):
    listed = addresses or f"127.0.0.1:{warehouse.port},localhost:{warehouse.port},127.0.0.1:1"
    return World(open_mesh(make_server(*arguments, environment={"WEFT_STORES_ADDRESSES": listed})), warehouse)


@pytest.fixture(scope="module")
def world(tmp_path_factory, warehouse):
    """One for all tests that need no server of their own; each maps tables of its own."""
    servers = []

    def make(*arguments, environment):
        folder = tmp_path_factory.mktemp("weft") / "data"
        folder.mkdir()
        servers.append(Server(folder, *arguments, environment=environment))
        return servers[-1]

    yield make_world(make, warehouse)
    assert servers[0].stop() == 0, "the server did not stop cleanly"


def kept_bytes(mesh):
    """Everything that the server wrote: its data folder and its log."""
    for path in [*mesh.data.rglob("*"), mesh.data.parent / "server.log"]:
        if path.is_file():
            yield path, path.read_bytes()


@pytest.mark.parametrize("metadata", ["sqlite", "postgres"])
def test_the_whole_way(metadata, make_server, warehouse, request):
    world = make_world(make_server, warehouse, *(["--database", request.getfixturevalue("postgres").new_database()] if metadata == "postgres" else []))
    assert world.check()["outcome"] == "reachable"
    tables = world.call("olivia", "GET", f"/api/v1/data-stores/{world.store}/tables?limit=100").json()["items"]
    customers = next(table for table in tables if table["name"] == "customers")
    assert customers == {"schema": "shop", "name": "customers", "row_estimate": 1000, "comment": "Who buys."}
    element = world.element("customers")
    assert element["name"] == "customers" and element["description"] == "Who buys." and element["row_estimate"] == 1000
    columns = {column["name"]: column for column in element["columns"]}
    assert columns["id"]["type"] == "INTEGER" and columns["id"]["key_position"] == 1 and columns["id"]["nullable"] is False
    assert columns["name"]["description"] == "As on the bill." and columns["email"]["personal"] == "suspected"
    # Statistics are PostgreSQL's own, samples are fetched; of personal columns neither is shown.
    profile = world.read(f"/api/v1/elements/{element['id']}/profile")
    assert profile["rows"] == 1000 and profile["withheld"] == ["email"]
    assert {"name": "id", "distinct": 1000, "null_share": 0, "minimum": 1, "maximum": 1000} in profile["columns"]
    sample = world.read(f"/api/v1/elements/{element['id']}/sample")
    assert len(sample["rows"]) == 20 and "email" not in sample["rows"][0]
    for path, kept in kept_bytes(world.mesh):
        assert b"customer 7" not in kept, path

    orders = world.element("orders")
    columns = {column["name"]: column for column in orders["columns"]}
    assert columns["customer"]["references"] == {"schema": "shop", "table": "customers", "column": "id"}
    assert [columns[name].get("key_position") for name in ("customer", "line", "amount")] == [1, 2, None]
    assert columns["amount"]["type"] == "DECIMAL(10,2)" and columns["amount"]["nullable"] is False and orders["row_estimate"] == 5000
    found = world.rows("sales", element, orders)
    assert len(found[0]) == 1000 and len(found[1]) == 5000
    assert {"customer": 3, "line": 1, "amount": 0.21, "at": "2024-01-01T10:21:00+00:00"} in [{**row, "amount": float(row["amount"])} for row in found[1]]

    product = world.call("olivia", "GET", "/api/v1/products?limit=10").json()["items"][0]["id"]
    assert world.call("dana", "GET", "/data/v1/shop/sales/i1").status_code == 403
    request_id = world.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "to see"}).json()["id"]
    assert world.call("grace", "POST", f"/api/v1/subscriptions/{request_id}/decision", json={"decision": "approve", "comment": "fine"}).status_code == 200
    answer = world.call("dana", "GET", "/data/v1/shop/sales/i1?customer=eq.1&select=line&order=line")
    assert answer.json() == [{"line": line} for line in range(10)]
    for path, kept in kept_bytes(world.mesh):
        assert PASSWORD.encode() not in kept and json.dumps(PASSWORD).encode() not in kept, path


def test_values_arrive_unchanged(world):
    element = world.element("odd")
    types = {column["name"]: column["type"] for column in element["columns"]}
    assert {name: types[name] for name in ("free", "wide", "small", "texts", "numbers", "grid", "cost", "doc", "instant", "zoned", "feeling", "address")} == {
        "free": "VARCHAR", "wide": "VARCHAR", "small": "DECIMAL(5,2)", "texts": "VARCHAR[]", "numbers": "INTEGER[]", "grid": "JSON", "cost": "DECIMAL(10,2)",
        "doc": "JSON", "instant": "TIMESTAMP WITH TIME ZONE", "zoned": "VARCHAR", "feeling": "VARCHAR", "address": "JSON"}
    [rows] = world.rows("odd", element)
    first, second, third = sorted(rows, key=lambda row: row["id"])
    assert first == {
        "id": 1, "whole": 9223372036854775807, "free": "12345678901234567890123456789012345678901234567890.5", "wide": "1.125", "small": 999.99, "f": 1.5, "d": 0.1,
        "day": "2024-02-29", "moment": "2024-02-29T23:59:59.123456", "instant": "2024-02-29T21:59:59+00:00", "clock": "24:00:00", "zoned": "12:00:00+02",
        "span": "1 mon 2 days 03:00:00", "yes": True, "raw": "\\x00ff5c", "who": "123e4567-e89b-12d3-a456-426614174000",
        "doc": {"a": [1, {"b": '"x'}], "n": 12345678901234567890.123}, "texts": ["a", None, "NULL", 'c,"d"\\', ""], "numbers": [1, None, 3],
        "moments": ["2024-01-01T00:00:00+00:00", "infinity"], "grid": [[1, 2], [3, 4]], "feeling": "happy", "feelings": ["sad", "happy"], "cost": 1.1,
        "range": "[1,5)", "address": {"street": 'Main "St"', "number": 5}, "net": "10.0.0.1/8", "coin": "ab", "t": "tab\there\nline\\back \u00e4\u20ac\U0001F600"}
    found = {name: second[name] for name in ("free", "wide", "f", "d", "day", "moment", "instant", "raw", "doc", "texts", "numbers", "range", "t")}
    assert found == {"free": "NaN", "wide": "NaN", "f": "NaN", "d": "-Infinity", "day": "infinity", "moment": "-infinity", "instant": "infinity", "raw": "\\x", "doc": None,
                     "texts": [], "numbers": None, "range": "empty", "t": ""}
    assert [third[name] for name in ("day", "moment", "instant", "t")] == ["0044-03-15 (BC)", "0044-03-15 (BC)T12:00:00", "0044-03-15 (BC)T12:00:00+00:00", "\\N"]
    sample = world.read(f"/api/v1/elements/{element['id']}/sample")["rows"]
    withheld = [column["name"] for column in element["columns"] if column["personal"] != "no"]
    assert [{**row, "doc": None} for row in sample] == [{name: value for name, value in {**row, "doc": None}.items() if name not in withheld} for row in (first, second, third)]
    # Never analysed: PostgreSQL computes.
    profile = {column["name"]: column for column in world.read(f"/api/v1/elements/{element['id']}/profile")["columns"]}
    assert (profile["id"]["distinct"], profile["id"]["minimum"], profile["id"]["maximum"]) == (3, 1, 3)
    assert profile["texts"] == {"name": "texts", "distinct": None, "null_share": pytest.approx(1 / 3), "minimum": None, "maximum": None}
    assert profile["day"]["maximum"] == "infinity"


def test_odd_names_views_partitions_and_empty_tables(world):
    odd = world.element("Größe; DROP TABLE x --", name="odd-name")
    assert [column["name"] for column in odd["columns"]] == ["Select", 'a"b', "c d", "ü'%s{}"]
    assert world.read(f"/api/v1/elements/{odd['id']}/profile")["columns"][0]["maximum"] == 1
    tables = {"events": 300, "totals": 500, "busy": 1, "nothing": 0}
    elements = [odd, *(world.element(name) for name in tables)]
    assert [element["row_estimate"] for element in elements] == [1, 300, None, 1, 0]
    found = world.rows("various", *elements)
    assert found[0] == [{"Select": 1, 'a"b': "one", "c d": "two", "ü'%s{}": "three"}]
    assert [len(rows) for rows in found[1:]] == list(tables.values())
    assert world.read(f"/api/v1/elements/{elements[4]['id']}/profile")["rows"] == 0
    listed = {(table["schema"], table["name"]) for table in world.read(f"/api/v1/data-stores/{world.store}/tables?limit=1000")["items"]}
    assert ("shop", "events") in listed and ("public", "plain") in listed
    assert not listed & {("shop", "events_2023"), ("hidden", "salaries"), ("shop", "closed"), ("pg_catalog", "pg_authid")}
    # A schema that nobody names is `public`.
    answer = world.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": world.store, "table": "plain"})
    assert answer.status_code == 201 and answer.json()["mapping"]["schema"] == "public"


def test_what_can_not_be_mapped(world):
    for table, schema, status, code, words in (
            ("none", "shop", 404, "data_store.no_such_table", "none"), ("SHOP", "shop", 404, "data_store.no_such_table", "SHOP"),
            ("customers", "nowhere", 404, "data_store.no_such_schema", "nowhere"), ("pg_authid", "pg_catalog", 404, "data_store.no_such_table", "pg_authid"), ("closed", "shop", 422, "data_store.denied", "closed"),
            ("salaries", "hidden", 422, "data_store.denied", "hidden"), ("twice", "shop", 422, "data_store.unreadable", "upper and lower case"),
            ("x'; DROP TABLE shop.plain; --", "shop", 404, "data_store.no_such_table", "DROP"), ("x\\\"", "shop", 404, "data_store.no_such_table", "x")):
        answer = world.map(table, schema=schema)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (table, answer.text)
        assert words in answer.json()["detail"], answer.text
    partly = world.element("partly")
    assert [column["name"] for column in partly["columns"]] == ["open"]
    [rows] = world.rows("partly", partly)
    assert rows == [{"open": "open"}]


def test_values_that_have_no_place_end_the_pull(world, warehouse):
    warehouse.sql("CREATE TABLE shop.nan (n numeric(5,2)); INSERT INTO shop.nan SELECT 1 FROM generate_series(1, 5000); INSERT INTO shop.nan VALUES ('NaN');"
                  "CREATE TABLE shop.square (n int[]); INSERT INTO shop.square VALUES ('{{1,2},{3,4}}'); GRANT SELECT ON shop.nan, shop.square TO reader")
    for table, words in (("nan", "NaN"), ("square", "several dimensions")):
        run = world.finish(world.publish(world.product(table, world.element(table))))
        assert run["state"] == "failed" and words in json.dumps(run) and "Map a view" in json.dumps(run), run
        assert world.call("olivia", "GET", f"/data/v1/shop/{table}/i0").status_code == 404


def test_no_failure_tells_a_value(world, warehouse):
    """Neither PostgreSQL's own failures nor those of reading may carry a value to where it is kept: runs, mail, the log."""
    warehouse.sql("CREATE TABLE shop.planted (email text, n numeric(5,2)); INSERT INTO shop.planted VALUES ('planted-value@example.org', 'NaN');"
                  "CREATE VIEW shop.cast_fails AS SELECT email::int AS n FROM shop.planted;"
                  "CREATE FUNCTION shop.raises(t text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad %', t; END $$;"
                  "CREATE VIEW shop.function_fails AS SELECT shop.raises(email) AS n FROM shop.planted;"
                  "CREATE VIEW shop.read_fails AS SELECT n, email FROM shop.planted;"
                  "GRANT SELECT ON shop.planted, shop.cast_fails, shop.function_fails, shop.read_fails TO reader;"
                  "GRANT EXECUTE ON FUNCTION shop.raises(text) TO reader")
    for table, words in (("cast_fails", "22P02"), ("function_fails", "P0001"), ("read_fails", "can't be read")):
        element = world.element(table)
        answers = [world.call("olivia", "GET", f"/api/v1/elements/{element['id']}/{look}").text for look in ("sample", "profile")]
        run = world.finish(world.publish(world.product(table.replace("_", "-"), element)))
        assert run["state"] == "failed" and words in json.dumps(run), run
        if table != "read_fails":  # there a sample may show the rest of the row to its owner
            assert "planted-value" not in "".join(answers), answers
        assert "planted-value" not in json.dumps(run), run
    for path, held in kept_bytes(world.mesh):
        assert b"planted-value" not in held, path


def test_a_connection_that_fails_says_why(world, warehouse):
    with_ca = {"tls": "verify-full", "ca": warehouse.certificate, "host": "localhost"}
    for name, secret, changes, words in (
            ("host", PASSWORD, {"host": "no-such-host.invalid"}, "no-such-host.invalid"), ("unlisted", PASSWORD, {"port": 2}, "stores.addresses"), ("refused", PASSWORD, {"port": 1}, "refused"),
            ("password", "guess", {}, "password authentication failed"), ("nopassword", None, {}, "asks for a password"),
            ("user", PASSWORD, {"user": "nobody"}, "password authentication failed"), ("database", PASSWORD, {"database": "none"}, 'database "none" does not exist'),
            ("rejected", PASSWORD, {"user": "postgres", "tls": "require"}, "pg_hba.conf"), ("strange", PASSWORD, {"user": "stranger"}, "may read no table"),
            ("authority", PASSWORD, {"tls": "verify-full", "host": "localhost"}, "TLS with localhost"), ("name", PASSWORD, {**with_ca, "host": "127.0.0.1"}, "TLS with 127.0.0.1")):
        store = world.register(name, secret, **changes).json()["id"]
        found = world.check(store)
        assert found["outcome"] == "failed" and words in found["diagnosis"], (name, found)
        assert PASSWORD not in found["diagnosis"] and "guess" not in found["diagnosis"]
        answer = world.call("olivia", "GET", f"/api/v1/data-stores/{store}/tables")
        if name == "strange":
            assert answer.json()["items"] == []
        else:
            codes = {"host": "unresolved", "unlisted": "address_blocked", "refused": "unreachable", "nopassword": "password_missing", "database": "no_such_database",
                     "rejected": "login_refused", "authority": "tls_failed", "name": "tls_failed"}
            assert answer.status_code in (403, 422, 503) and answer.json()["code"] == "data_store." + codes.get(name, "password_wrong"), (name, answer.text)
    for name, changes in (("encrypted", {"tls": "require"}), ("plain", {"tls": "disable"}), ("verified", with_ca)):
        assert world.check(world.register(name, **changes).json()["id"])["outcome"] == "reachable", name


def test_only_listed_addresses_are_reached(make_server, warehouse):
    world = make_world(make_server, warehouse, addresses="10.9.9.9")
    found = world.check()
    assert found["outcome"] == "failed" and "stores.addresses" in found["diagnosis"], found
    assert world.map("customers").json()["code"] == "data_store.address_blocked"


def test_the_password_is_replaced_and_never_shown(world, warehouse):
    path = f"/api/v1/data-stores/{world.store}"
    warehouse.sql("ALTER ROLE reader PASSWORD 'rotated secret'")
    try:
        assert "password" in world.check()["diagnosis"]
        before = world.call("olivia", "GET", path)
        assert world.call("olivia", "PATCH", path, json={"secret": "rotated secret"}).status_code == 428
        assert world.call("olivia", "PATCH", path, json={"secret": "x"}, headers={"If-Match": '"999"'}).status_code == 412
        changed = world.call("olivia", "PATCH", path, json={"secret": "rotated secret"}, headers={"If-Match": before.headers["ETag"]})
        assert changed.status_code == 200 and changed.json()["secret"] == "kept" and changed.headers["ETag"] != before.headers["ETag"]
        assert world.check()["outcome"] == "reachable"
    finally:
        warehouse.sql("ALTER ROLE reader PASSWORD '" + PASSWORD.replace("'", "''") + "'")
        world.call("olivia", "PATCH", path, json={"secret": PASSWORD}, headers={"If-Match": world.call("olivia", "GET", path).headers["ETag"]})
    audit = world.call("ada", "GET", f"/api/v1/audit?object={world.store}").text
    assert "replaced" in audit
    for text in (audit, before.text, changed.text, world.call("ada", "GET", "/api/v1/data-stores").text):
        assert "rotated secret" not in text and PASSWORD not in text
    for path, kept in kept_bytes(world.mesh):
        assert b"rotated secret" not in kept, path


def test_the_password_goes_nowhere_else(world):
    store = world.register("elsewhere").json()["id"]
    path = f"/api/v1/data-stores/{store}"

    def change(**body):
        return world.call("olivia", "PATCH", path, json=body, headers={"If-Match": world.call("olivia", "GET", path).headers["ETag"]})

    for changes in ({"port": 1}, {"host": "localhost"}, {"user": "writer"}, {"database": "other"}, {"tls": "disable"}):
        answer = change(coordinates={**world.coordinates, **changes})
        assert (answer.status_code, answer.json()["code"]) == (422, "data_store.secret_needed"), answer.text
    assert change(coordinates=world.coordinates, title="As it was").status_code == 200
    assert change(coordinates={**world.coordinates, "host": "localhost"}, secret=PASSWORD).status_code == 200
    assert world.check(store)["outcome"] == "reachable"


def test_tables_that_vanish_or_change(world, warehouse):
    warehouse.sql("CREATE TABLE shop.fleeting (a int, b text); INSERT INTO shop.fleeting VALUES (1, 'one'); GRANT SELECT ON shop.fleeting TO reader")
    product = world.product("fleeting", world.element("fleeting"))
    assert world.finish(world.publish(product))["state"] == "succeeded"
    path = "/data/v1/shop/fleeting/i0"

    def refresh():
        answer = world.call("olivia", "POST", f"/api/v1/products/{product}/refresh")
        assert answer.status_code in (200, 201, 202), answer.text
        return world.finish(answer.json()["id"])

    warehouse.sql("ALTER TABLE shop.fleeting ADD c int DEFAULT 7; INSERT INTO shop.fleeting VALUES (2, 'two', 8)")
    assert refresh()["state"] == "succeeded" and world.read(path + "?order=a") == [{"a": 1, "b": "one"}, {"a": 2, "b": "two"}]
    # A refresh that fails leaves the last good snapshot in service.
    warehouse.sql("ALTER TABLE shop.fleeting DROP b")
    run = refresh()
    assert run["state"] == "failed" and len(world.read(path)) == 2, run
    warehouse.sql("DROP TABLE shop.fleeting")
    run = refresh()
    assert run["state"] == "failed" and "fleeting" in json.dumps(run) and len(world.read(path)) == 2, run


def test_a_cancelled_pull_ends_in_postgres_too(world, warehouse):
    running = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND query LIKE 'COPY%pg_sleep%' OR usename = 'reader' AND query LIKE 'COPY%slow%' AND state = 'active'"
    run = world.publish(world.product("slow", world.element("slow")))
    until(lambda: warehouse.sql(running) != "0", "PostgreSQL works on it")
    assert world.call("olivia", "POST", f"/api/v1/runs/{run}/cancel").status_code in (200, 202, 204)
    assert world.finish(run)["state"] == "cancelled"
    until(lambda: warehouse.sql(running) == "0", "PostgreSQL has stopped working on it")


def test_one_pull_sees_one_state(world, warehouse):
    """Money moves between accounts all the while; no snapshot may catch it in between."""
    warehouse.sql("CREATE TABLE shop.accounts AS SELECT i AS id, 100::bigint AS amount FROM generate_series(1, 20000) i; GRANT SELECT ON shop.accounts TO reader")
    product = world.product("accounts", world.element("accounts"))
    busy = subprocess.Popen(warehouse.command("psql", "-qAtX", "-h", str(warehouse.folder), "-p", str(warehouse.port), "-U", "weft", "-d", warehouse.database, "-c",
                                              "SET synchronous_commit = off", "-c",
                                              "DO $$ BEGIN FOR i IN 1..1000000 LOOP UPDATE shop.accounts SET amount = amount + CASE id WHEN 1 + i % 9999 THEN -1 ELSE 1 END "
                                              "WHERE id IN (1 + i % 9999, 20000 - i % 9999); COMMIT; END LOOP; END $$"), cwd=warehouse.folder, preexec_fn=os.setsid)
    try:
        assert world.finish(world.publish(product))["state"] == "succeeded"
        assert busy.poll() is None
    finally:
        os.killpg(busy.pid, signal.SIGKILL)
        busy.wait()
    rows = world.read("/data/v1/shop/accounts/i0")
    assert len(rows) == 20000 and sum(row["amount"] for row in rows) == 20000 * 100


def test_tables_of_one_refresh_fit_each_other(world, warehouse):
    """Rows move between two tables all the while: in every snapshot each is in one of them, and in one only."""
    warehouse.sql("CREATE TABLE shop.here AS SELECT i AS id, repeat('x', 200) AS filling FROM generate_series(1, 5000) i; ALTER TABLE shop.here ADD PRIMARY KEY (id);"
                  "CREATE TABLE shop.there (LIKE shop.here INCLUDING ALL); CREATE TABLE shop.filler AS SELECT i AS id FROM generate_series(1, 200000) i;"
                  "GRANT SELECT ON shop.here, shop.there, shop.filler TO reader")
    move = "WITH moved AS (DELETE FROM shop.{} WHERE id = 1 + (i * {}) % 5000 RETURNING *) INSERT INTO shop.{} SELECT * FROM moved; COMMIT; "
    busy = subprocess.Popen(warehouse.command("psql", "-qAtX", "-h", str(warehouse.folder), "-p", str(warehouse.port), "-U", "weft", "-d", warehouse.database, "-c",
                                              "SET synchronous_commit = off", "-c", "DO $$ BEGIN FOR i IN 1..10000000 LOOP "
                                              + move.format("here", 1, "there") + move.format("there", 7, "here") + "END LOOP; END $$"), cwd=warehouse.folder, preexec_fn=os.setsid)
    try:
        product = world.product("moving", world.element("here"), world.element("filler"), world.element("there"))
        run = world.finish(world.publish(product))
        for _ in range(3):
            assert run["state"] == "succeeded" and busy.poll() is None, run
            answers = [world.call("olivia", "GET", f"/data/v1/shop/moving/{port}?select=id&limit=10000") for port in ("i0", "i2")]
            found = [row["id"] for answer in answers for row in answer.json()]
            told = (len(found), len(set(found)), [dict(answer.headers) for answer in answers], run)
            assert len(found) == 5000 and len(set(found)) == 5000, told
            assert [sum(f"i{at}: pulled" in line for line in run["log"]) for at in range(3)] == [1, 1, 1], run["log"]
            run = world.finish(world.call("olivia", "POST", f"/api/v1/products/{product}/refresh").json()["id"])
    finally:
        os.killpg(busy.pid, signal.SIGKILL)
        busy.wait()
