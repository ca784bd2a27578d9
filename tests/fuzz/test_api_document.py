"""Requests generated from the API document, good and bad, as each role and as nobody: no 5xx, and no answer that the document lacks.

EXAMPLES (of an operation, for each role, good ones and bad ones) and SEED choose others. Half of the ids in them are of objects that exist.
"""
import collections
import os
import random
from pathlib import Path

import hypothesis
import schemathesis
import yaml
from schemathesis import GenerationMode

from conftest import open_mesh, publish

DOOR_EXAMPLES = 150  # of each method
EXAMPLES, SEED = int(os.environ.get("EXAMPLES", "2")), int(os.environ.get("SEED", "1"))
DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "api/weft.openapi.yaml").read_text())
ROLES = {"administrator": "ada", "owner": "olivia", "governance": "grace", "data-user": "dana", "no role": "zoe", "nobody": "nobody"}
# What would end the campaign for everybody behind it; a wrong password and a foreign link are tried elsewhere.
LEFT_OUT = {"signOut"}
DATA_DOOR = "/data/v1/{domain}/{product}/{port}"
# What `default` stands for on other routes than the data door, as the document's introduction says; everything else is listed.
BY_DEFAULT = {400, 401, 403, 404, 409, 413, 415, 422, 503}
TOLD_HEADERS = ("ETag", "Location", "Content-Range", "Preference-Applied", "Server-Timing", "Retry-After")
# What readers of the data door say, of which made-up text is nothing.
SAID = {"Accept": ["text/csv", "application/x-ndjson", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream", "text/html",
                   "application/vnd.pgrst.object+json", "*/*"],
        "Prefer": ["count=exact", "handling=strict, count=planned", "handling=strict, max-affected=1"],
        "Range": ["0-2", "0-999", "100-200", "5-2"], "Accept-Profile": ["public", "private"]}


def known_ids(mesh, product):
    """For each resource in a path the ids of it that exist."""
    def ids(path):
        return [item["id"] for item in mesh.call("ada", "GET", path).json()["items"]]

    return {"users": [item["id"] for item in mesh.call("ada", "GET", "/api/v1/users").json()["items"] if item["name"] in ("nina", "dev")],
            "domains": ids("/api/v1/domains"), "data-stores": ids("/api/v1/data-stores"), "elements": ids("/api/v1/elements"),
            "products": [product], "runs": ids("/api/v1/runs"), "subscriptions": ids("/api/v1/subscriptions"), "audit": ids("/api/v1/audit"),
            "etag": mesh.call("olivia", "GET", "/data/v1/shop/airlines/airlines").headers["ETag"]}


def aim(case, known, chance):
    """Turns some of a request's made-up names and ids into those of objects that exist."""
    parameters = dict(case.path_parameters or {})
    resource = case.path.removeprefix("/api/v1/").split("/")[0]
    if "id" in parameters and known.get(resource) and chance.random() < 0.6:
        parameters["id"] = chance.choice(known[resource])
    if case.path.startswith("/data/") and chance.random() < 0.8:
        parameters = {"domain": "shop", "product": "airlines", "port": "airlines" + chance.choice(["", ".csv", ".parquet", ".arrow", ".ndjson", ".json"])}
    elif "port" in parameters and chance.random() < 0.8:
        parameters["port"] = "airlines"
    case.path_parameters = parameters or None
    for header in ("If-Match", "If-None-Match"):
        if case.headers and header in case.headers and chance.random() < 0.7:
            case.headers[header] = "*"
    if case.path == DATA_DOOR:
        said = {name: chance.choice(values) for name, values in SAID.items() if chance.random() < 0.4}
        if chance.random() < 0.2:
            said["If-None-Match"] = known["etag"]
        case.headers = {**(case.headers or {}), **said}
        if chance.random() < 0.7:
            case.query = {"limit": "1"} if chance.random() < 0.2 else {"offset": "99"} if chance.random() < 0.2 else {}
    if isinstance(case.body, dict):
        for field, resource in (("product", "products"), ("store", "data-stores"), ("element", "elements")):
            if field in case.body and known[resource] and chance.random() < 0.6:
                case.body[field] = chance.choice(known[resource])
        if "domain" in case.body and chance.random() < 0.6:
            case.body["domain"] = "shop"


def close(schema):
    """Makes a document's objects have the properties that it names and no others."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


close(DOCUMENT["components"])
close([operation["responses"] for item in DOCUMENT["paths"].values() for operation in item.values() if isinstance(operation, dict)])

def followed(part):
    """A part of the document, or what it refers to."""
    while "$ref" in part:
        kind, name = part["$ref"].split("/")[-2:]
        part = DOCUMENT["components"][kind][name]
    return part


def header_of(response, name):
    return next(iter(response.headers.get(name.lower(), [])), "")


def complaints_about(case, response):
    """What the document does not tell of an answer; its `default` is for refusals that each route may give."""
    answers = DOCUMENT["paths"][case.path][case.method.lower()]["responses"]
    listed = answers.get(str(response.status_code))
    if listed is None:
        return [] if response.status_code in BY_DEFAULT and case.path != DATA_DOOR else [f"the status {response.status_code} is not listed"]
    listed = followed(listed)
    found = [f"the header {name} is not told" for name in TOLD_HEADERS if header_of(response, name) and name not in listed.get("headers", {})]
    media_type = header_of(response, "Content-Type").split(";")[0]
    if response.content and media_type not in listed.get("content", {}):
        found.append(f"the content type {media_type} is not told")
    return found


schemathesis.checks.load_all_checks()
CHECKS = schemathesis.checks.CHECKS.get_by_names(["not_a_server_error", "status_code_conformance", "content_type_conformance",
                                                  "response_schema_conformance", "response_headers_conformance"])


def generate(operation, mode, ask):
    @hypothesis.seed(SEED)
    @hypothesis.settings(max_examples=EXAMPLES, database=None, deadline=None, print_blob=False, derandomize=False,
                         phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        ask(case)

    try:
        run()
    except hypothesis.errors.Unsatisfiable:  # nothing of an operation without input can be wrong
        pass


def test_answers_are_those_of_the_document(make_server, csv_folder, capsys):
    mesh = open_mesh(make_server())
    product = publish(mesh, csv_folder, "airlines.csv")
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200
    mesh.call("nina", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."})
    known, chance = known_ids(mesh, product), random.Random(SEED)
    operations = [result.ok() for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]
    found, lines, at_the_door = {}, [], collections.Counter()
    def asker(role, statuses):
        person = ROLES[role]

        def ask(case):
            aim(case, known, chance)
            response = case.call(base_url=mesh.url, headers={"Authorization": "Bearer " + mesh.tokens[person]} if person in mesh.tokens else {})
            statuses[response.status_code] += 1
            if case.path == DATA_DOOR:
                at_the_door.update((f"{case.method} {response.status_code}", header_of(response, "Content-Type").split(";")[0]))
            try:
                assert not (untold := complaints_about(case, response)), "; ".join(untold)
                case.validate_response(response, checks=CHECKS)
            except (schemathesis.errors.SchemathesisError, AssertionError, BaseExceptionGroup) as problem:
                what = "; ".join(str(one) for one in getattr(problem, "exceptions", [problem]))
                found.setdefault(f"{role}: {case.method} {case.path} → {response.status_code}", f"{what}\n{case.as_curl_command()}\n{response.text[:500]}")
        return ask

    # The widest of all doors first, as long as nobody has retired its product.
    for role in ("owner", "data-user"):
        ask = asker(role, collections.Counter())
        for operation in operations:
            for _ in range(DOOR_EXAMPLES if operation.path == DATA_DOOR else 0):
                ask(operation.Case(path_parameters={"domain": "shop", "product": "airlines", "port": "none"}))
    for role in ROLES:
        statuses = collections.Counter()
        ask = asker(role, statuses)
        for operation in operations:
            if operation.definition.raw["operationId"] not in LEFT_OUT:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    generate(operation, mode, ask)
        lines.append(f"{role}, seed {SEED}: {sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")
    assert mesh.process.poll() is None, "the server has ended"
    assert not found, "\n\n".join(f"{name}\n{problem}" for name, problem in found.items())
    for answer in ("GET 200", "GET 206", "GET 304", "GET 406", "GET 416", "HEAD 200", "HEAD 206", "HEAD 304", "application/json", "text/csv", "application/x-ndjson",
                   "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"):
        assert at_the_door[answer], f"the data door never answered {answer}: {at_the_door}"
    with capsys.disabled():
        print("\n" + "\n".join(lines))
