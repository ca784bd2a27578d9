"""The route table: the API document tells the same, and each route keeps to its declaration for each role."""
import json
import subprocess

import pytest
import requests
import yaml
from conftest import BINARY, PEOPLE, ROOT

MISSING = "00000000-0000-7000-8000-000000000000"
# One person per set of roles; `nobody` is not signed in.
CALLERS = {"nobody": None, "zoe": [], "dana": ["data-user"], "olivia": ["domain-owner"], "grace": ["governance"], "rita": PEOPLE["rita"], "ada": ["domain-administrator"]}
DATA_DOOR = "/data/v1/{domain}/{product}/{port}"


@pytest.fixture(scope="session")
def routes():
    return json.loads(subprocess.run([BINARY, "routes"], capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="session")
def document():
    return yaml.safe_load((ROOT / "api/weft.openapi.yaml").read_text())


def test_the_document_describes_exactly_these_routes(routes, document):
    served = {(route["method"], route["path"]) for route in routes}
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert served == described


def test_the_document_tells_who_may_call_and_which_parameters_there_are(routes, document):
    parameters = document["components"]["parameters"]
    for route in routes:
        operation = document["paths"][route["path"]][route["method"].lower()]
        if route["path"] == DATA_DOOR:
            continue  # its grammar is its own
        assert {x.strip() for x in operation["x-access"].split(",")} == {x.strip() for x in route["access"].split(",")}, route
        listed = [parameters[item["$ref"].rsplit("/", 1)[1]] if "$ref" in item else item for item in operation.get("parameters", [])]
        assert {item["name"] for item in listed if item["in"] == "query"} == set(route["query"]), route


def test_each_route_keeps_to_its_declaration_for_each_role(mesh, routes):
    """Coarse on purpose: an object that is not there. What depends on whose it is stands in the scenarios."""
    call = mesh.call
    call("ada", "POST", "/api/v1/domains", json={"name": "foreign", "owners": ["wanda"]})
    refused = 0
    for route in routes:
        if route["path"] == DATA_DOOR:
            continue
        path = route["path"].replace("{id}", MISSING).replace("{port}", "rows").replace("{domain}", "missing")
        for who, roles in CALLERS.items():
            if route["path"] == "/api/v1/session" and route["method"] == "DELETE":
                continue  # would end nothing: callers here have tokens
            options = {"headers": {"If-Match": "*"}} if route["method"] in ("PUT", "PATCH", "DELETE") else {}
            if route["method"] in ("POST", "PUT", "PATCH"):
                options["json"] = {"unknown_field": 1}
            answer = call(who, route["method"], path, **options)
            told = f"{who} {route['method']} {path}: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, told
            if route["access"] == "everybody":
                assert answer.status_code != 403 or answer.json()["code"] != "role.missing", told
            elif roles is None:
                assert answer.status_code == 401, told
                refused += 1
            elif route["access"] != "signed in" and not set(roles) & set(route["roles"]):
                assert answer.status_code == 403 and answer.json()["code"] == "role.missing", told
                refused += 1
            else:
                assert answer.status_code not in (401, 500) and not (answer.status_code == 403 and answer.json()["code"] == "role.missing"), told
                if route["method"] in ("POST", "PUT", "PATCH"):
                    assert answer.status_code >= 400, f"an unknown field was taken: {told}"
                elif MISSING in path or "missing" in path:
                    assert answer.status_code in (404, 204), told
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
