"""A PostgreSQL database as a data store: registered, tried, browsed, mapped, looked at, pulled, and what is refused."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import Postgres, open_mesh

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
        deadline = time.monotonic() + 60
        while (found := self.call("olivia", "GET", f"/api/v1/runs/{run}").json())["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, found
            time.sleep(0.02)
        return found

    def rows(self, name, *tables, query=""):
        run = self.finish(self.publish(self.product(name, *tables)))
        assert run["state"] == "succeeded", run
        return [self.read(f"/data/v1/shop/{name}/i{at}{query}") for at in range(len(tables))]

    def read(self, path):
        answer = self.call("olivia", "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def make_world(make_server, warehouse, *arguments, addresses=None):
    listed = addresses or f"127.0.0.1:{warehouse.port},localhost:{warehouse.port}"
    return World(open_mesh(make_server(*arguments, environment={"WEFT_STORES_ADDRESSES": listed})), warehouse)


@pytest.fixture
def world(make_server, warehouse):
    return make_world(make_server, warehouse)


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
    [rows] = world.rows("odd", world.element("odd"), query="?order=id")
    first, second, third = rows
    print(json.dumps(rows, indent=1))
    assert first == {}
