"""Ports on one table for a campaign: under a grant with limits, and as a product that lacks what the grant hides.

`own`: dana's grant on the product of the domain that has the table. `derived`: another domain reads that product under
such limits and builds a product of its own on it, on which dana has a grant with more limits.
"""
from __future__ import annotations

import dataclasses

from adversarial import write_parquet
from campaign import Campaign, Port
from row_filter import read_row_filter
from table import Table, permitted_view
from waiting import wait_for_run


@dataclasses.dataclass
class Limits:
    row_filter: str = ""
    hidden: set[str] = dataclasses.field(default_factory=set)

    def view(self, table: Table) -> Table:
        return permitted_view(table, read_row_filter(self.row_filter), self.hidden)

    def body(self) -> dict:
        return {"row_filter": self.row_filter or None, "hidden_columns": sorted(self.hidden)}


def created(answer) -> dict:
    assert answer.status_code in (200, 201, 202), answer.text
    return answer.json()


def finish(mesh, who: str, run: str) -> None:
    ended = wait_for_run(mesh, run, who)
    assert ended["state"] == "succeeded", ended


def publish(mesh, who: str, product: dict) -> str:
    id_ = created(mesh.call(who, "POST", "/api/v1/products", json={"title": "Things", "description": "One row a thing.", **product}))["id"]
    finish(mesh, who, created(mesh.call(who, "POST", f"/api/v1/products/{id_}/publish"))["id"])
    return id_


def publish_file(mesh, who: str, store: str, domain: str, file: str) -> str:
    element = created(mesh.call(who, "POST", "/api/v1/elements", json={"domain": domain, "store": store, "table": file, "name": "things"}))["id"]
    return publish(mesh, who, {"domain": domain, "name": "things", "ingredients": [{"alias": "things", "element": element}],
                               "ports": [{"name": "things", "ingredient": "things"}]})


def grant(mesh, who: str, product: str, limits: Limits, domain: str | None = None) -> None:
    request = {"product": product, "purpose": "Work.", **({"subject": {"domain": domain}} if domain else {})}
    id_ = created(mesh.call(who, "POST", "/api/v1/subscriptions", json=request))["id"]
    created(mesh.call("grace", "POST", f"/api/v1/subscriptions/{id_}/decision", json={"decision": "approve", "limits": limits.body()}))


def make_campaign(mesh, folder, table: Table, door: str, outer: Limits, inner: Limits, **options) -> Campaign:
    """`outer`: of the grant on the table's own product; `inner`: of the one on the derived product."""
    folder.mkdir()
    view = outer.view(table)
    if door == "derived":
        view = inner.view(view)
    write_parquet(table, folder / "all.parquet")
    write_parquet(view, folder / "view.parquet")
    for name, owner in (("owner", "olivia"), ("lacks", "rafael"), ("reads", "wanda")):
        created(mesh.call("ada", "POST", "/api/v1/domains", json={"name": name, "owners": [owner]}))
    store = created(mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(folder)}, "rights": [{"domain": "owner"}, {"domain": "lacks"}]}))["id"]
    product = publish_file(mesh, "olivia", store, "owner", "all.parquet")
    grant(mesh, "dana", publish_file(mesh, "rafael", store, "lacks", "view.parquet"), Limits())
    if door == "own":
        grant(mesh, "dana", product, outer)
    else:
        grant(mesh, "wanda", product, outer, "reads")
        derived = publish(mesh, "wanda", {"domain": "reads", "name": "things", "ingredients": [{"alias": "source", "product": "owner/things/things"}],
                                          "ports": [{"name": "things", "sql": "SELECT * FROM source"}]})
        grant(mesh, "dana", derived, inner)
    port = {"own": "owner", "derived": "reads"}[door]
    hidden = outer.hidden | (inner.hidden if door == "derived" else set())
    return Campaign(Port(f"{mesh.url}/data/v1/{port}/things/things", mesh.tokens["dana"]), table, view, hidden,
                    twin=Port(f"{mesh.url}/data/v1/lacks/things/things", mesh.tokens["dana"]), **options)
