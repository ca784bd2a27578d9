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

EXAMPLES, SEED = int(os.environ.get("EXAMPLES", "3")), int(os.environ.get("SEED", "1"))
DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "api/weft.openapi.yaml").read_text())
ROLES = {"administrator": "ada", "owner": "olivia", "governance": "grace", "data-user": "dana", "no role": "zoe", "nobody": "nobody"}
# What would end the campaign for everybody behind it; a wrong password and a foreign link are tried elsewhere.
LEFT_OUT = {"signOut"}


def known_ids(mesh, product):
    """For each resource in a path the ids of it that exist."""
    def ids(path):
        return [item["id"] for item in mesh.call("ada", "GET", path).json()["items"]]

    return {"users": [item["id"] for item in mesh.call("ada", "GET", "/api/v1/users").json()["items"] if item["name"] in ("nina", "dev")],
            "domains": ids("/api/v1/domains"), "data-stores": ids("/api/v1/data-stores"), "elements": ids("/api/v1/elements"),
            "products": [product], "runs": ids("/api/v1/runs"), "subscriptions": ids("/api/v1/subscriptions"), "audit": ids("/api/v1/audit")}


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
    if case.headers and "If-Match" in case.headers and chance.random() < 0.7:
        case.headers["If-Match"] = "*"
    if isinstance(case.body, dict):
        for field, resource in (("product", "products"), ("store", "data-stores"), ("element", "elements")):
            if field in case.body and known[resource] and chance.random() < 0.6:
                case.body[field] = chance.choice(known[resource])
        if "domain" in case.body and chance.random() < 0.6:
            case.body["domain"] = "shop"


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
    found, lines = {}, []
    for role, person in ROLES.items():
        statuses = collections.Counter()

        def ask(case):
            aim(case, known, chance)
            response = case.call(base_url=mesh.url, headers={"Authorization": "Bearer " + mesh.tokens[person]} if person in mesh.tokens else {})
            statuses[response.status_code] += 1
            try:
                case.validate_response(response, checks=CHECKS)
            except (schemathesis.errors.SchemathesisError, AssertionError, BaseExceptionGroup) as problem:
                what = "; ".join(str(one) for one in getattr(problem, "exceptions", [problem]))
                found.setdefault(f"{role}: {case.method} {case.path} → {response.status_code}", f"{what}\n{case.as_curl_command()}\n{response.text[:500]}")

        for operation in operations:
            if operation.definition.raw["operationId"] not in LEFT_OUT:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    generate(operation, mode, ask)
        lines.append(f"{role}, seed {SEED}: {sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")
    assert mesh.process.poll() is None, "the server has ended"
    assert not found, "\n\n".join(f"{name}\n{problem}" for name, problem in found.items())
    with capsys.disabled():
        print("\n" + "\n".join(lines))
