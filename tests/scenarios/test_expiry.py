"""A grant with an end: at that instant the door closes, once and for all to see."""
import time
from datetime import datetime, timedelta, timezone

from conftest import publish
from waiting import until

DOOR = "/data/v1/shop/flights/flights"


SOON = timedelta(seconds=6)  # time enough, also on a busy machine, for what has to happen before the end


def approve_for_a_while(mesh, product):
    """dana's request that is approved until soon; its id and its end."""
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    ends_at = datetime.now(timezone.utc) + SOON
    decision = {"decision": "approve", "limits": {"ends_at": ends_at.isoformat().replace("+00:00", "Z")}}
    answer = mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json=decision)
    assert answer.status_code == 200, answer.text
    return request, ends_at


def test_a_grant_ends_at_its_instant(mesh, csv_folder):
    product = publish(mesh, csv_folder, "flights.csv")
    request, ends_at = approve_for_a_while(mesh, product)
    stream = mesh.call("dana", "GET", DOOR, stream=True, headers={"Accept-Encoding": "identity"})
    assert stream.status_code == 200 and stream.raw.read(100_000)
    statuses, before = [], datetime.now(timezone.utc)
    while before < ends_at + timedelta(seconds=0.5):
        before = datetime.now(timezone.utc)
        answer = mesh.call("dana", "GET", DOOR + "?limit=1")
        statuses.append((before, datetime.now(timezone.utc), answer.status_code))
        time.sleep(0.02)
    assert all(status == 200 for _, after, status in statuses if after < ends_at)
    assert all(status == 403 for before, _, status in statuses if before >= ends_at)
    assert {status for _, _, status in statuses} == {200, 403}

    shown = until(lambda: (found := mesh.call("dana", "GET", f"/api/v1/subscriptions/{request}").json())["state"] == "expired" and found, "the grant has expired")
    assert shown["ended_at"] >= shown["limits"]["ends_at"]
    received = 0
    try:
        while part := stream.raw.read(1 << 20):
            received += len(part)
            assert received < 50_000_000, "the stream went on after the end"
    except Exception as error:
        assert "IncompleteRead" in repr(error) or "Connection" in repr(error), repr(error)

    actions = [(item["action"], item["actor"]) for item in mesh.call("ada", "GET", f"/api/v1/audit?object={request}&limit=1000").json()["items"]]
    assert [action for action, _ in actions].count("subscription.expire") == 1
    for who in ("dana", "olivia"):
        told = [item for item in mesh.call(who, "GET", "/api/v1/notifications").json()["items"] if item["kind"] == "subscription.expired"]
        assert len(told) == 1, who
    again = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Once more."})
    assert again.status_code == 201, again.text


def test_one_may_ask_again_from_the_instant_of_the_end(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airlines.csv")
    request, ends_at = approve_for_a_while(mesh, product)
    while datetime.now(timezone.utc) < ends_at:
        time.sleep(0.001)
    again = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Once more."})
    assert again.status_code == 201, again.text
    assert mesh.call("dana", "GET", f"/api/v1/subscriptions/{request}").json()["state"] == "expired"
    actions = [item["action"] for item in mesh.call("ada", "GET", f"/api/v1/audit?object={request}&limit=1000").json()["items"]]
    assert actions.count("subscription.expire") == 1
