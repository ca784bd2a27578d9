"""Many at once: exactly one effect, on either metadata store."""
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import publish
from run_steps import runs_of, wait_for_runs
from waiting import until, wait_for_run

THREADS = 20


def all_at_once(action):
    """Runs action(number) on THREADS threads that start together; their results."""
    barrier = threading.Barrier(THREADS)

    def go(number):
        barrier.wait()
        return action(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(go, range(THREADS)))


def actions_on(mesh, object_id):
    return [item["action"] for item in mesh.call("ada", "GET", f"/api/v1/audit?object={object_id}&limit=1000").json()["items"]]


def test_twenty_request_one_product(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airlines.csv")
    answers = all_at_once(lambda _: mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: THREADS - 1}
    listed = mesh.call("dana", "GET", f"/api/v1/subscriptions?product={product}").json()["items"]
    assert len(listed) == 1
    assert actions_on(mesh, listed[0]["id"]) == ["subscription.request"]
    told = [item for item in mesh.call("grace", "GET", "/api/v1/notifications").json()["items"] if item["kind"] == "subscription.requested"]
    assert len(told) == 1


def test_twenty_decide_one_request(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airlines.csv")
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]

    def decide(number):
        decision = {"decision": "approve"} if number % 2 else {"decision": "reject", "comment": "No."}
        return mesh.call(("grace", "gustav")[number // 2 % 2], "POST", f"/api/v1/subscriptions/{request}/decision", json=decision)

    answers = all_at_once(decide)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: THREADS - 1}
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert mesh.call("dana", "GET", f"/api/v1/subscriptions/{request}").json()["state"] == winner["state"]
    assert len(actions_on(mesh, request)) == 2
    assert mesh.call("dana", "GET", "/data/v1/shop/airlines/airlines").status_code == (200 if winner["state"] == "approved" else 403)


def test_twenty_remove_one(mesh, csv_folder):
    """Of twenty who take the same draft, table or store away one does, and the log says so once."""
    call = mesh.call
    assert call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(csv_folder)}, "rights": [{"domain": "shop"}]}).json()["id"]
    table = call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": "airlines.csv"}).json()["id"]
    view = call("olivia", "POST", "/api/v1/elements", json={
        "domain": "shop", "name": "names", "sql": "SELECT name FROM a", "ingredients": [{"alias": "a", "element": table}]}).json()["id"]
    draft = call("olivia", "POST", "/api/v1/products", json={"domain": "shop", "name": "airlines"}).json()["id"]
    for noun, removed, action in (("products", draft, "product.remove"), ("elements", view, "element.remove"),
                                  ("elements", table, "element.remove"), ("data-stores", store, "data_store.remove")):
        answers = all_at_once(lambda _: call("olivia", "DELETE", f"/api/v1/{noun}/{removed}", headers={"If-Match": "*"}))
        counted = Counter(answer.status_code for answer in answers)
        assert counted[204] == 1 and counted[204] + counted[404] + counted[409] == THREADS, (action, counted)
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes <= {action.replace("remove", "changed")}, codes
        assert actions_on(mesh, removed).count(action) == 1


def test_nothing_is_in_a_domain_that_is_archived(mesh, csv_folder):
    """Products, requests and rights to stores that are made while their domain is archived: one or the other."""
    call, product = mesh.call, publish(mesh, csv_folder, "airlines.csv")
    store = call("olivia", "GET", "/api/v1/data-stores").json()["items"][0]
    for number in range(4):
        path = f"d{number}"
        assert call("ada", "POST", "/api/v1/domains", json={"name": path, "owners": ["olivia"]}).status_code == 201

        def act(thread):
            if thread % 2:
                return call("ada", "POST", f"/api/v1/domains/{path}/archive")
            if thread % 3 == 0:
                return call("olivia", "POST", "/api/v1/products", json={"domain": path, "name": f"product{thread}"})
            if thread % 3 == 1:
                return call("olivia", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work.", "subject": {"domain": path}})
            return call("olivia", "PATCH", f"/api/v1/data-stores/{store['id']}", headers={"If-Match": "*"},
                        json={"rights": [{"domain": "shop"}, {"domain": path}]})

        answers = all_at_once(act)
        made = [answer for thread, answer in enumerate(answers) if thread % 2 == 0 and answer.ok]
        archived = [answer for thread, answer in enumerate(answers) if thread % 2 and answer.ok]
        # 403: once it is archived, its owners own it no longer.
        assert {answer.status_code for answer in answers} <= {200, 201, 400, 403, 409}, Counter(answer.status_code for answer in answers)
        assert len(archived) <= 1 and bool(made) != bool(archived), (len(made), len(archived))


def test_one_idempotency_key_has_one_effect(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airlines.csv")
    body = {"product": product, "purpose": "Work."}
    answers = all_at_once(lambda _: mesh.call("dana", "POST", "/api/v1/subscriptions", json=body, headers={"Idempotency-Key": "once"}))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = mesh.call("dana", "POST", "/api/v1/subscriptions", json={**body, "purpose": "Else."}, headers={"Idempotency-Key": "once"})
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency.reused"


@pytest.mark.parametrize("chunks_read", [0, 3])
def test_revoking_cuts_a_running_stream(mesh, csv_folder, chunks_read):
    """A download that runs when its grant is revoked ends early, and nobody takes the part for the whole."""
    call = mesh.call
    product = publish(mesh, csv_folder, "flights.csv")
    request = call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200

    answer = call("dana", "GET", "/data/v1/shop/flights/flights", stream=True, headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    body = answer.raw
    for _ in range(chunks_read):
        assert body.read(100_000)
    assert call("grace", "POST", f"/api/v1/subscriptions/{request}/revoke").status_code == 200
    received = b""
    try:
        while part := body.read(1 << 20):
            received += part
            assert len(received) < 50_000_000, "the stream went on after the revocation"
    except Exception as error:  # urllib3 says it in several ways: the transfer ended before its end
        assert "IncompleteRead" in repr(error) or "Connection" in repr(error), repr(error)
    else:
        with pytest.raises(json.JSONDecodeError):
            json.loads(received)
    assert call("dana", "GET", "/data/v1/shop/flights/flights?limit=1").status_code == 403


def rest_of(body):
    """What is still read of a stream, and whether it ended as it should."""
    received = 0
    try:
        while part := body.read(1 << 20):
            received += len(part)
    except Exception as error:
        assert "IncompleteRead" in repr(error) or "Connection" in repr(error), repr(error)
        return received, False
    return received, True


def test_a_token_that_is_taken_back_ends_its_stream(mesh, csv_folder):
    publish(mesh, csv_folder, "flights.csv")
    token = mesh.call("olivia", "POST", "/api/v1/tokens", json={"name": "stream"}).json()
    path = "/data/v1/shop/flights/flights"
    headers = {"Authorization": f"Bearer {token['token']}", "Accept-Encoding": "identity"}
    answer = requests.get(mesh.url + path, headers=headers, stream=True, timeout=60)
    assert answer.status_code == 200 and answer.raw.read(100_000)
    other = mesh.call("olivia", "GET", path, stream=True, headers={"Accept-Encoding": "identity"})
    assert other.raw.read(100_000)
    assert mesh.call("olivia", "DELETE", f"/api/v1/tokens/{token['id']}", headers={"If-Match": "*"}).status_code == 204
    received, whole = rest_of(answer.raw)
    assert not whole and received < 50_000_000
    assert rest_of(other.raw)[1], "a stream under another token goes on"


def test_a_slow_reader_gets_little_after_a_revocation(mesh, csv_folder):
    """What lies in the server's socket can't be taken back: it is little."""
    product = publish(mesh, csv_folder, "flights.csv")
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200
    answer = mesh.call("dana", "GET", "/data/v1/shop/flights/flights?limit=12000", stream=True, headers={"Accept-Encoding": "identity"})
    assert answer.raw.read(1000)
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/revoke").status_code == 200
    received, whole = rest_of(answer.raw)
    assert not whole and received < 3_000_000


def granted_to_reader(mesh, product):
    """wanda's domain `reader` with a grant to the product; the grant's id."""
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "reader", "owners": ["wanda"]}).status_code == 201
    body = {"product": product, "purpose": "To build on it.", "subject": {"domain": "reader"}}
    grant = mesh.call("wanda", "POST", "/api/v1/subscriptions", json=body).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{grant}/decision", json={"decision": "approve"}).status_code == 200
    return grant


def test_a_cte_of_an_ingredients_name_hides_no_right(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airports.csv")
    grant = granted_to_reader(mesh, product)
    derived = {"domain": "reader", "name": "few", "title": "Few", "description": "Some airports.",
               "ingredients": [{"alias": "a", "product": "shop/airports/airports"}],
               "ports": [{"name": "few", "sql": "WITH a AS (SELECT * FROM a WHERE alt > 1000) SELECT faa, name FROM a"}]}
    few = mesh.call("wanda", "POST", "/api/v1/products", json=derived).json()["id"]
    run = mesh.call("wanda", "POST", f"/api/v1/products/{few}/publish").json()["id"]
    assert wait_for_run(mesh, run, "wanda")["state"] == "succeeded"
    path = "/data/v1/reader/few/few?limit=1"
    assert mesh.call("wanda", "GET", path).status_code == 200
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{grant}/revoke").status_code == 200
    assert mesh.call("wanda", "GET", path).status_code == 403


def test_views_that_reach_one_source_in_many_ways_are_followed_once(mesh, csv_folder):
    """Two to the power of 26 ways: whoever followed each of them would not answer."""
    product = publish(mesh, csv_folder, "airlines.csv")
    granted_to_reader(mesh, product)
    ingredients = [{"alias": "a", "product": "shop/airlines/airlines"}]
    for layer in range(26):
        pair = [{**ingredients[0], "alias": alias} for alias in ("a", "b")]
        view = {"domain": "reader", "name": f"layer{layer}", "sql": "SELECT a.name FROM a JOIN b ON a.name = b.name", "ingredients": pair}
        answer = mesh.call("wanda", "POST", "/api/v1/elements", json=view)
        assert answer.status_code == 201, answer.text
        element = answer.json()["id"]
        run = wait_for_runs(mesh, element, "wanda")
        assert run["state"] == "succeeded", run
        ingredients = [{"element": element}]
    path = f"/api/v1/elements/{element}"
    assert mesh.call("wanda", "PATCH", path, json={"columns": [{"name": "name", "personal": "cleared"}]}, headers={"If-Match": "*"}).status_code == 200


def test_a_refresh_whose_grant_ends_meanwhile_is_not_kept(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airports.csv")
    grant = granted_to_reader(mesh, product)
    # Long enough to be caught at work on any machine, and no longer than its worker has to be stopped for.
    slow = "SELECT count(*) AS n FROM a x, a y, (SELECT * FROM a LIMIT 400) z WHERE x.alt + y.alt + z.alt > 10"
    view = {"domain": "reader", "name": "slow", "sql": slow, "ingredients": [{"alias": "a", "product": "shop/airports/airports"}]}
    element = mesh.call("wanda", "POST", "/api/v1/elements", json=view).json()["id"]
    run = until(lambda: (newest := runs_of(mesh, element, "wanda")[0])["state"] == "running" and newest, "the refresh is at work")
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{grant}/revoke").status_code == 200
    run = wait_for_run(mesh, run["id"], "wanda")
    assert (run["state"], run["failure"]["code"]) == ("failed", "run.ingredient_missing")


def test_two_that_are_published_at_once_do_not_rest_on_each_other(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    plain = [{"alias": "a", "product": "shop/airlines/airlines"}]
    products = {}

    def run_of(name):
        answer = mesh.call("olivia", "POST", f"/api/v1/products/{products[name]}/publish")
        if answer.status_code == 422:
            return answer.json()["errors"][0]["message"]
        run = answer.json()["id"]
        ended = wait_for_run(mesh, run)
        return ended["state"] if ended["state"] == "succeeded" else ended["failure"]["message"]

    for name in ("one", "two"):
        body = {"title": name, "description": "One row a carrier.", "ingredients": plain, "ports": [{"name": "rows", "ingredient": "a"}]}
        products[name] = mesh.call("olivia", "POST", "/api/v1/products", json={"domain": "shop", "name": name, **body}).json()["id"]
        assert run_of(name) == "succeeded"
    for name, other in (("one", "two"), ("two", "one")):
        body = {"title": name, "description": "One row a carrier.", "ingredients": [{"alias": "a", "product": f"shop/{other}/rows"}],
                "ports": [{"name": "rows", "ingredient": "a"}]}
        assert mesh.call("olivia", "PUT", f"/api/v1/products/{products[name]}", json=body, headers={"If-Match": "*"}).status_code == 200
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(run_of, ("one", "two")))
    assert sorted(end == "succeeded" for end in ends) == [False, True] and any("cycle" in end for end in ends), ends
