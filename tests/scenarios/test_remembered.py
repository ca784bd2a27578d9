"""Answers and verdicts are remembered, but no longer than they are right: the next request after a change sees the change."""
import re
import time
from datetime import datetime, timedelta, timezone

import pytest
import requests
from conftest import open_mesh, password, publish, sign_in
from waiting import DISPATCHING, FOLLOWING, KEEPING_HOUSE, MAILING, QUEUEING_WHAT_IS_DUE, wait_for_rounds, wait_for_run

PATH = "/data/v1/shop/airlines/airlines?order=carrier"


@pytest.fixture
def read(mesh, csv_folder):
    """dana's approved read of airlines, already answered often enough to be remembered."""
    mesh.product = publish(mesh, csv_folder, "airlines.csv")
    mesh.request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": mesh.product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{mesh.request}/decision", json={"decision": "approve"}).status_code == 200
    warm_up(mesh)
    return lambda **options: mesh.call("dana", "GET", PATH, **options)


def warm_up(mesh, who="dana"):
    """Until nothing is written any more that would make the server forget."""
    for _ in range(5):
        assert mesh.call(who, "GET", PATH).status_code == 200


def etag(mesh, path):
    return mesh.call("ada", "GET", path).headers["ETag"]


def test_a_remembered_answer_is_the_same(read):
    answers = [read() for _ in range(5)]
    assert len(answers[0].json()) == 16
    assert {answer.content for answer in answers} == {answers[0].content}
    for name in ("ETag", "Content-Type", "Content-Range", "Cache-Control"):
        assert len({answer.headers.get(name) for answer in answers}) == 1, name
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 5


def test_the_first_read_after_a_revocation_is_refused(mesh, read):
    for _ in range(5):
        assert read().status_code == 200
        assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{mesh.request}/revoke").status_code == 200
        assert read().status_code == 403
        mesh.request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": mesh.product, "purpose": "Work."}).json()["id"]
        assert read().status_code == 403
        assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{mesh.request}/decision", json={"decision": "approve"}).status_code == 200
        warm_up(mesh)


def test_other_limits_give_another_answer(mesh, read):
    assert "name" in read().json()[0]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{mesh.request}/revoke").status_code == 200
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": mesh.product, "purpose": "Work."}).json()["id"]
    limits = {"row_filter": "carrier=in.(AA,UA)", "hidden_columns": ["name"]}
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve", "limits": limits}).status_code == 200
    for _ in range(3):
        assert read().json() == [{"carrier": "AA"}, {"carrier": "UA"}]
        assert len(mesh.call("olivia", "GET", PATH).json()) == 16, "one reader's limits are not another's"


def test_a_new_snapshot_is_read_at_once(make_server, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "rows.csv").write_text("id,name\n1,one\n")
    mesh = open_mesh(make_server())
    product = publish(mesh, folder, "rows.csv")
    read = lambda: mesh.call("olivia", "GET", "/data/v1/shop/rows/rows").json()
    for number in range(2, 5):
        assert [read() for _ in range(3)] == [[{"id": number - 1, "name": read()[0]["name"]}]] * 3
        (folder / "rows.csv").write_text(f"id,name\n{number},next\n")
        run = mesh.call("olivia", "POST", f"/api/v1/products/{product}/refresh").json()["id"]
        assert wait_for_run(mesh, run)["state"] == "succeeded"
        assert read() == [{"id": number, "name": "next"}]


def test_a_retired_product_is_closed_at_once(mesh, read):
    assert mesh.call("olivia", "POST", f"/api/v1/products/{mesh.product}/retire").status_code == 200
    assert read().status_code == 404, "whoever is no keeper of it doesn't know it any more"


def test_a_deleted_token_reads_nothing(mesh, read):
    item = mesh.call("dana", "GET", "/api/v1/tokens").json()["items"][0]["id"]
    spare = mesh.call("dana", "POST", "/api/v1/tokens", json={"name": "spare"}).json()["token"]
    warm_up(mesh)
    assert requests.delete(f"{mesh.url}/api/v1/tokens/{item}", headers={"Authorization": "Bearer " + spare, "If-Match": "*"}, timeout=60).status_code == 204
    assert read().status_code == 401
    assert read(headers={}).status_code == 401


SOON = timedelta(seconds=6)  # time enough, also on a busy machine, for some reads before the end


def read_until(ends, get, refused):
    """Reads until it is refused: that must begin at the instant of the end, neither before nor after, and there must have been reads enough to remember."""
    answered = 0
    while True:
        before = datetime.now(timezone.utc)
        status = get().status_code
        after = datetime.now(timezone.utc)
        assert status in (200, refused)
        assert status == 200 or after >= ends, "too early"
        assert status == refused or before < ends, "too late"
        if status == refused:
            break
        answered += 1
        time.sleep(0.005)
    assert answered > 5


def test_a_token_ends_when_it_said(mesh, read):
    ends = datetime.now(timezone.utc) + SOON
    made = mesh.call("dana", "POST", "/api/v1/tokens", json={"name": "brief", "expires_at": ends.isoformat().replace("+00:00", "Z")})
    assert made.status_code == 201
    headers = {"Authorization": "Bearer " + made.json()["token"]}
    read_until(ends, lambda: requests.get(mesh.url + PATH, headers=headers, timeout=60), 401)


def test_a_grant_ends_when_it_said(mesh, read):
    request = mesh.call("dev", "POST", "/api/v1/subscriptions", json={"product": mesh.product, "purpose": "Work."}).json()["id"]
    ends = datetime.now(timezone.utc) + SOON
    decision = {"decision": "approve", "limits": {"ends_at": ends.isoformat().replace("+00:00", "Z")}}
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json=decision).status_code == 200
    read_until(ends, lambda: mesh.call("dev", "GET", PATH), 403)


def test_a_disabled_user_and_a_lost_role_read_nothing(mesh, read):
    users = {user["name"]: user["id"] for user in mesh.call("ada", "GET", "/api/v1/users?limit=1000").json()["items"]}
    dana = f"/api/v1/users/{users['dana']}"

    def change(body):
        assert mesh.call("ada", "PATCH", dana, json=body, headers={"If-Match": etag(mesh, dana)}).status_code == 200

    change({"state": "disabled"})
    assert read().status_code == 401
    change({"state": "active"})
    assert read().status_code == 401, "his tokens have ended for good"
    mesh.tokens["dana"] = sign_in(mesh.url, "dana")
    warm_up(mesh)
    change({"roles": []})
    assert read().status_code == 404
    change({"roles": ["data-user"]})
    assert read().status_code == 200


def remembered(answer):
    """Whether the answer was at hand: nothing was looked up for it."""
    assert answer.status_code == 200
    return answer.headers.get("Server-Timing") == "cache;desc=hit"


def test_what_no_verdict_rests_on_empties_nothing(mesh, read):
    warm_up(mesh)
    wait_for_rounds(mesh, KEEPING_HOUSE)  # the hits so far are folded
    if "--database" in mesh.arguments:
        assert not remembered(read()), "where other processes may write, nothing is"
        return
    assert remembered(read())
    sign_in = lambda word: requests.post(mesh.url + "/api/v1/session", json={"name": "dev", "password": word}, timeout=60)
    for what, status, write in (("hits are folded", 200, lambda: mesh.call("olivia", "GET", "/api/v1/usage/domains")),
                                ("somebody signs in", 200, lambda: sign_in(password("dev"))),
                                ("a password is wrong", 401, lambda: sign_in("wrong")),
                                ("a token is made", 201, lambda: mesh.call("dev", "POST", "/api/v1/tokens", json={"name": "spare"})),
                                ("an answer is kept", 201, lambda: mesh.call("dev", "POST", "/api/v1/tokens", json={"name": "more"}, headers={"Idempotency-Key": "k"}))):
        assert write().status_code == status, what
        assert remembered(read()), what
    wait_for_rounds(mesh, KEEPING_HOUSE, MAILING, FOLLOWING, DISPATCHING, QUEUEING_WHAT_IS_DUE)
    assert remembered(read()), "housekeeping"

    # What a verdict rests on still does, at once.
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "more"}).status_code == 201
    assert not remembered(read())
    assert remembered(read())


def test_every_remembered_answer_is_a_hit(mesh, read):
    def hits():
        item = mesh.call("olivia", "GET", "/api/v1/usage/domains").json()["items"][0]
        return item["hits"], item["rows"]

    before = hits()
    tag = read().headers["ETag"]
    for _ in range(49):
        assert read().status_code == 200
    for _ in range(10):
        assert read(headers={"If-None-Match": tag}).status_code == 304
    assert mesh.call("dana", "HEAD", PATH).status_code == 200
    after = hits()
    assert (after[0] - before[0], after[1] - before[1]) == (61, 51 * 16)


def test_answers_differ_by_all_that_makes_them_differ(read, mesh):
    for _ in range(2):
        assert read(headers={"Accept": "text/csv"}).text.startswith("carrier,name")
        assert read(headers={"Accept": "application/x-ndjson"}).text.count("\n") == 16
        assert read(headers={"Range": "0-4", "Range-Unit": "items"}).headers["Content-Range"] == "0-4/*"
        assert read(headers={"Prefer": "count=exact"}).headers["Content-Range"] == "0-15/16"
        assert len(read().json()) == 16
        assert requests.get(mesh.url + PATH, timeout=60).status_code == 401
        compressed = read(headers={"Accept-Encoding": "gzip"})
        assert len(compressed.json()) == 16


def test_the_owner_of_the_domain_changes(mesh, read):
    warm_up(mesh, "olivia")
    domain = "/api/v1/domains/shop"
    assert mesh.call("ada", "PATCH", domain, json={"owners": ["wanda"]}, headers={"If-Match": etag(mesh, domain)}).status_code == 200
    assert mesh.call("olivia", "GET", PATH).status_code == 403
    assert mesh.call("wanda", "GET", PATH).status_code == 200


def test_answers_are_at_hand_behind_a_public_https_address(make_server, csv_folder):
    mesh = open_mesh(make_server())
    publish(mesh, csv_folder, "airlines.csv")
    mesh.stop()
    mesh.environment["WEFT_SERVER_PUBLIC_URL"] = "https://mesh.example.org"
    mesh.start()
    address = "http://" + re.findall(r'"listen":"([^"]+)"', (mesh.data.parent / "server.log").read_text())[-1]
    headers = {"Authorization": "Bearer " + mesh.tokens["olivia"]}
    answers = [requests.get(address + PATH, headers=headers, timeout=60) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert "cache;desc=hit" in {answer.headers.get("Server-Timing") for answer in answers}, [answer.headers for answer in answers]
