"""PostgREST's clients of others, in JavaScript and Python, read a product as they would read PostgREST."""
import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from postgrest import APIError, SyncPostgrestClient

from conftest import ROOT, open_mesh, publish

CLIENTS = ROOT / "build/deps/clients"
NODE = ROOT / "build/deps/node/bin/node"


@pytest.fixture
def shop(make_server, csv_folder):
    """A server on which dana may read airports, and nina may not."""
    mesh = open_mesh(make_server())
    product = publish(mesh, csv_folder, "airports.csv")
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200
    mesh.product_url = f"{mesh.url}/data/v1/shop/airports"
    return mesh


@pytest.fixture
def airports(csv_folder):
    with (csv_folder / "airports.csv").open(newline="") as file:
        rows = [{name: None if text in ("", "NA") else text for name, text in row.items()} for row in csv.DictReader(file)]
    return [{**row, "alt": int(row["alt"]), "tz": int(row["tz"])} for row in rows]


def codes(rows):
    return [row["faa"] for row in rows]


def sorted_codes(airports, holds):
    return sorted(row["faa"] for row in airports if holds(row))


def test_postgrest_js(shop, airports):
    node = NODE if NODE.exists() else shutil.which("node")
    done = subprocess.run([node, Path(__file__).with_name("read_with_postgrest_js.mjs")], capture_output=True, text=True, timeout=300, env={
        **os.environ, "CLIENTS": str(CLIENTS), "URL": shop.product_url, "TOKEN": shop.tokens["dana"], "STRANGER": shop.tokens["nina"]})
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)

    def data(name, status=200):
        assert answers[name]["error"] is None, (name, answers[name])
        assert answers[name]["status"] == status, (name, answers[name])
        return answers[name]["data"]

    def refused(name, status, code):
        answer = answers[name]
        assert (answer["status"], answer["error"]["code"], answer["data"]) == (status, code, None), (name, answer)
        assert {"message", "details", "hint"} <= set(answer["error"]), (name, answer)
        return answer["error"]

    assert data("eq") == [{"faa": "JFK", "name": "John F Kennedy Intl"}]
    assert codes(data("in")) == ["JFK", "LGA"]
    assert codes(data("or")) == sorted_codes(airports, lambda row: row["faa"] == "JFK" or (row["alt"] > 9000 and row["tz"] == -7))
    assert codes(data("not")) == sorted_codes(airports, lambda row: row["tz"] not in range(-10, -4))[:3]
    assert data("compare") == [{"faa": row["faa"], "alt": row["alt"]} for row in airports if 9000 <= row["alt"] < 9078]
    assert data("like") == [{"name": name} for name in sorted(row["name"] for row in airports if row["name"].endswith("Intl") and row["name"].lower().startswith("john"))]
    assert codes(data("is")) == sorted_codes(airports, lambda row: row["tzone"] is None)[:2]
    assert codes(data("match")) == sorted_codes(airports, lambda row: row["tz"] == -5 and row["dst"] == "A")[:2]
    assert codes(data("filter")) == [row["faa"] for row in airports if row["alt"] == 13]
    assert data("rename") == [{"code": "JFK", "height": "13"}]
    assert codes(data("order")) == codes(sorted((row for row in airports if row["tzone"] is None), key=lambda row: -row["alt"]))[:3]
    assert (codes(data("range", 206)), answers["range"]["count"]) == (sorted_codes(airports, lambda row: True)[10:13], len(airports))
    assert codes(data("limit")) == sorted_codes(airports, lambda row: True)[:2]
    assert refused("behind", 416, "PGRST103")["message"] == "Requested range not satisfiable"
    assert (data("head", 200), answers["head"]["count"]) == (None, sum(row["tz"] == -8 for row in airports))
    assert data("single") == {"faa": "JFK", "alt": 13}
    assert "rows" in refused("single of many", 406, "PGRST116")["details"]
    assert data("maybe single") == {"faa": "JFK"}
    assert data("maybe single of none") is None
    refused("maybe single of many", 406, "PGRST116")
    assert data("csv") == "faa,name\nJFK,John F Kennedy Intl\nLGA,La Guardia\n"
    assert "nothing" in refused("unknown column", 400, "42703")["message"]
    assert "alt" in refused("wrong value", 400, "22P02")["message"]
    assert "ilike" in refused("unknown operator", 400, "PGRST127")["message"]
    refused("no table", 404, "42P01")
    assert refused("no grant", 403, "42501")["hint"]
    refused("wrong token", 401, "PGRST301")
    refused("other schema", 406, "PGRST106")
    assert codes(data("schema")) == ["JFK"]
    assert "Abort" in answers["aborted"]["error"]["message"]
    assert answers["thrown"]["code"] == "42703"


def test_pypi_postgrest(shop, airports):
    def client(who):
        return SyncPostgrestClient(shop.product_url, headers={"Authorization": "Bearer " + shop.tokens[who]})

    def table():
        return client("dana").from_("airports")

    def refused(query):
        with pytest.raises(APIError) as caught:
            query.execute()
        return caught.value

    assert table().select("faa,name").eq("faa", "JFK").execute().data == [{"faa": "JFK", "name": "John F Kennedy Intl"}]
    assert codes(table().select("faa").in_("faa", ["LGA", "JFK"]).order("faa").execute().data) == ["JFK", "LGA"]
    assert codes(table().select("faa").or_("faa.eq.JFK,alt.gt.9000").order("faa").execute().data) == sorted_codes(
        airports, lambda row: row["faa"] == "JFK" or row["alt"] > 9000)
    assert codes(table().select("faa").not_.gte("tz", -9).order("faa", desc=True).execute().data) == sorted_codes(airports, lambda row: row["tz"] < -9)[::-1]
    assert codes(table().select("faa").is_("tzone", "null").order("faa").limit(2).execute().data) == sorted_codes(airports, lambda row: row["tzone"] is None)[:2]
    page = table().select("faa", count="exact").order("faa").range(10, 12).execute()
    assert (codes(page.data), page.count) == (sorted_codes(airports, lambda row: True)[10:13], len(airports))
    assert table().select("*", count="exact", head=True).eq("tz", -8).execute().count == sum(row["tz"] == -8 for row in airports)
    assert table().select("faa,alt").eq("faa", "JFK").single().execute().data == {"faa": "JFK", "alt": 13}
    assert table().select("faa").eq("faa", "JFK").maybe_single().execute().data == {"faa": "JFK"}
    assert table().select("faa").eq("faa", "none").maybe_single().execute() is None
    assert table().select("faa,name").eq("faa", "JFK").csv().execute().data == "faa,name\nJFK,John F Kennedy Intl\n"
    many = refused(table().select("faa").eq("tz", -5).single())
    assert (many.code, "rows" in many.details) == ("PGRST116", True)
    unknown = refused(table().select("faa").eq("nothing", 1))
    assert (unknown.code, "nothing" in unknown.message) == ("42703", True)
    denied = refused(client("nina").from_("airports").select("*"))
    assert (denied.code, bool(denied.hint)) == ("42501", True)
