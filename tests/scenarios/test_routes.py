"""The route table: the API document tells the same, and each route keeps to its declaration for each role."""
import json
import subprocess
from pathlib import Path

import pytest
import requests
import yaml
from conftest import BINARY, PEOPLE, ROOT, publish

MISSING = "00000000-0000-7000-8000-000000000000"
# One person per set of roles; `nobody` is not signed in.
CALLERS = {"nobody": None, "zoe": [], "dana": ["data-user"], "olivia": ["domain-owner"], "grace": ["governance"], "rita": PEOPLE["rita"], "ada": ["domain-administrator"]}
DATA_DOOR = "/data/v1/{domain}/{product}/{port}"


ROLES = ("data-user", "domain-owner", "governance", "domain-administrator")


def intended():
    """Who may call what, from routes.txt: (method, path) → access and roles."""
    table = {}
    for line in (Path(__file__).parent / "routes.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            method, path, who = line.split(None, 2)
            roles = {"everybody": (), "signed in": (), "any": ROLES}.get(who, tuple(who.split(",")))
            assert set(roles) <= set(ROLES) and (method, path) not in table, line
            table[method, path] = {"access": who, "roles": list(roles)}
    return table


@pytest.fixture(scope="session")
def served():
    """The server's own table."""
    return json.loads(subprocess.run([BINARY, "routes"], capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="session")
def routes(served):
    """What is served, for whom it is meant."""
    meant = intended()
    found = {(route["method"], route["path"]) for route in served if route["path"] != DATA_DOOR}
    assert found == set(meant), "routes.txt says for each route who may call"
    return [{**route, **meant.get((route["method"], route["path"]), {})} for route in served]


def test_each_route_is_registered_for_those_for_whom_it_is_meant(served):
    for (method, path), meant in intended().items():
        route = next(route for route in served if (route["method"], route["path"]) == (method, path))
        assert set(route["roles"]) == set(meant["roles"]), f"{method} {path}"
        if not meant["roles"]:
            assert route["access"] == meant["access"], f"{method} {path}"


@pytest.fixture(scope="session")
def document():
    return yaml.safe_load((ROOT / "api/weft.openapi.yaml").read_text())


def test_the_document_describes_exactly_these_routes(served, document):
    known = {(route["method"], route["path"]) for route in served}
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item if method != "parameters"}
    assert known | {("HEAD", DATA_DOOR)} == described


def test_the_document_tells_who_may_call_and_which_parameters_there_are(served, document):
    parameters = document["components"]["parameters"]
    for route in served:
        operation = document["paths"][route["path"]][route["method"].lower()]
        if route["path"] == DATA_DOOR:
            continue  # its grammar is its own
        assert {x.strip() for x in operation["x-access"].split(",")} == {x.strip() for x in route["access"].split(",")}, route
        listed = [parameters[item["$ref"].rsplit("/", 1)[1]] if "$ref" in item else item for item in operation.get("parameters", [])]
        assert {item["name"] for item in listed if item["in"] == "query"} == set(route["query"]), route


@pytest.fixture
def owned(mesh, csv_folder):
    """For each person: an object of each kind that is his own, one that is not, and one that is not there."""
    call = mesh.call
    published = publish(mesh, csv_folder, "airlines.csv")  # in olivia's `shop`

    def element_of(owner, domain):
        store = call(owner, "POST", "/api/v1/data-stores", json={
            "name": f"{owner}-files", "type": "folder", "coordinates": {"path": str(csv_folder)}, "rights": [{"domain": domain}]}).json()["id"]
        element = call(owner, "POST", "/api/v1/elements", json={"domain": domain, "store": store, "table": "airports.csv"}).json()["id"]
        product = call(owner, "POST", "/api/v1/products", json={"domain": domain, "name": "draft", "title": "T", "description": "D"}).json()["id"]
        return {"data-stores": store, "elements": element, "draft": product}

    call("ada", "POST", "/api/v1/domains", json={"name": "foreign", "owners": ["wanda"]})
    foreign, own = element_of("wanda", "foreign"), element_of("olivia", "shop")
    assert call("wanda", "POST", "/api/v1/elements", json={
        "domain": "foreign", "name": "view", "sql": "select faa from a", "ingredients": [{"alias": "a", "element": foreign["elements"]}]}).status_code == 201
    run = next(item["id"] for item in call("ada", "GET", "/api/v1/runs?domain=foreign").json()["items"])
    return {"own": {**own, "runs": call("ada", "GET", "/api/v1/runs?domain=shop").json()["items"][0]["id"], "published": published},
            "foreign": {**foreign, "runs": run, "published": published}}


HIDDEN = {"elements": "element.not_found", "runs": "run.not_found", "data-stores": "data_store.not_found", "draft": "product.not_found"}


def told(answer):
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "request_id"}


def test_whoever_may_not_know_an_object_is_told_what_he_is_told_of_none(mesh, routes, owned):
    call, tried = mesh.call, 0
    for noun, code in HIDDEN.items():
        prefix = f"/api/v1/{noun if noun != 'draft' else 'products'}/{{id}}"
        for route in (route for route in routes if route["path"].startswith(prefix) and route["path"].count("{") == 1):
            changes = route["method"] in ("PUT", "PATCH", "DELETE")
            options = {"headers": {"If-Match": "*"}} if changes else {}
            if route["method"] in ("PUT", "PATCH"):
                options["json"] = {"sql": "select 1"} if route["path"].endswith("/view") else {}
            ask = lambda who, id: call(who, route["method"], route["path"].replace("{id}", id), **options)  # noqa: E731
            for who, roles in CALLERS.items():
                where = f"{who} {route['method']} {route['path']} ({noun})"
                missing = ask(who, MISSING)
                foreign = missing if who == "ada" else ask(who, owned["foreign"][noun])  # ada may do all that
                if who == "nobody":
                    assert (foreign.status_code, missing.status_code) == (401, 401), where
                elif noun == "draft" and not set(roles) & set(route["roles"]):
                    assert (foreign.status_code, foreign.json()["code"]) == (403, "role.missing"), where
                    assert told(foreign) == told(missing), where
                elif who != "ada":
                    assert (foreign.status_code, foreign.json()["code"]) == (404, code), f"{where}: {foreign.text}"
                    assert told(foreign) == told(missing), where
                else:
                    assert (missing.status_code, missing.json()["code"]) == (404, code), where
                tried += 1
    assert tried > 100
    # Nothing of all that did anything, and its owner reads it still.
    for noun in HIDDEN:
        path = f"/api/v1/{noun if noun != 'draft' else 'products'}/"
        assert call("wanda", "GET", path + owned["foreign"][noun]).status_code == 200, noun


def test_own_objects_answer_their_owners(mesh, routes, owned):
    for noun, id in owned["own"].items():
        path = f"/api/v1/{'products' if noun in ('draft', 'published') else noun}/{id}"
        assert mesh.call("olivia", "GET", path).status_code == 200, path
        assert mesh.call("ada", "GET", path).status_code == 200, path
    # A published product is known to everybody with a role, who may not change it.
    path = f"/api/v1/products/{owned['own']['published']}"
    for who in ("dana", "grace", "wanda", "rita"):
        assert mesh.call(who, "GET", path).status_code == 200
        for method, more in (("PUT", ""), ("DELETE", ""), ("POST", "/publish"), ("POST", "/refresh"), ("POST", "/deprecate"),
                             ("POST", "/reinstate"), ("POST", "/retire")):
            options = {"headers": {"If-Match": "*"}} if method != "POST" else {}
            answer = mesh.call(who, method, path + more, **options, json={"title": "Mine"} if method == "PUT" else None)
            assert (answer.status_code, answer.json()["code"]) == (403, "product.not_yours"), f"{who} {method} {more}: {answer.text}"


def test_each_route_keeps_to_its_declaration_for_each_role(mesh, routes):
    """Objects that are not there: whose they are stands in the tests above."""
    refused = 0
    for route in routes:
        if route["path"] == DATA_DOOR:
            continue
        path = route["path"].replace("{id}", MISSING).replace("{port}", "rows").replace("{domain}", "missing").replace("{user}", MISSING)
        hidden = route["path"].startswith(("/api/v1/elements/{id}", "/api/v1/runs/{id}", "/api/v1/data-stores/{id}"))
        for who, roles in CALLERS.items():
            if route["path"] == "/api/v1/session" and route["method"] == "DELETE":
                continue  # would end nothing: callers here have tokens
            options = {"headers": {"If-Match": "*"}} if route["method"] in ("PUT", "PATCH", "DELETE") else {}
            if route["method"] in ("POST", "PUT", "PATCH"):
                options["json"] = {"unknown_field": 1}
            answer = mesh.call(who, route["method"], path, **options)
            told = f"{who} {route['method']} {path}: {answer.status_code} {answer.text[:300]}"
            if route["access"] == "everybody":
                assert answer.status_code in (200, 204, 400), told
            elif roles is None:
                assert answer.status_code == 401, told
                refused += 1
            elif route["access"] != "signed in" and not set(roles) & set(route["roles"]):
                if hidden:
                    assert answer.status_code == 404 and answer.json()["code"].endswith(".not_found"), told
                else:
                    assert answer.status_code == 403 and answer.json()["code"] == "role.missing", told
                refused += 1
            elif route["method"] in ("POST", "PUT", "PATCH"):
                assert answer.status_code in (400, 404), f"an unknown field was taken: {told}"
            elif MISSING in path or "missing" in path:
                assert answer.status_code == 404, told
            else:
                assert answer.status_code == 200, told
    assert refused > 100


def test_a_disabled_user_and_a_lost_role_count_at_once(mesh):
    call = mesh.call
    dana = next(user for user in call("ada", "GET", "/api/v1/users?limit=1000").json()["items"] if user["name"] == "dana")
    assert call("dana", "GET", "/api/v1/products").status_code == 200
    assert call("ada", "PATCH", f"/api/v1/users/{dana['id']}", json={"roles": []}, headers={"If-Match": "*"}).status_code == 200
    assert call("dana", "GET", "/api/v1/products").status_code == 403
    assert call("ada", "PATCH", f"/api/v1/users/{dana['id']}", json={"state": "disabled"}, headers={"If-Match": "*"}).status_code == 200
    assert call("dana", "GET", "/api/v1/me").status_code == 401


def test_the_document_is_served(mesh, document):
    served = requests.get(f"{mesh.url}/api/v1/openapi.json", timeout=30)
    assert served.headers["Content-Type"].startswith("application/json")
    assert served.json() == json.loads(json.dumps(document))


def test_a_change_with_a_cookie_must_come_from_our_own_origin(mesh):
    session = requests.Session()
    body = {"name": "dana", "password": "correct horse dana"}
    assert session.post(f"{mesh.url}/api/v1/session", json=body, headers={"Origin": mesh.url}, timeout=60).status_code == 200
    cookie = next(iter(session.cookies))
    assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "Lax"
    assert session.get(f"{mesh.url}/api/v1/me", timeout=30).json()["name"] == "dana"
    for origin in ({"Origin": "http://evil.example"}, {}):
        refused = session.post(f"{mesh.url}/api/v1/tokens", json={"name": "x"}, headers=origin, timeout=30)
        assert (refused.status_code, refused.json()["code"]) == (403, "session.foreign_origin")
    assert session.post(f"{mesh.url}/api/v1/tokens", json={"name": "x"}, headers={"Origin": mesh.url}, timeout=30).status_code == 201
