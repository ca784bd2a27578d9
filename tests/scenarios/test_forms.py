"""Fixed forms that clients rely on: ranges of usage, repeated requests, cursors, conditional requests, addresses, names."""
import json
import re
import stat
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest
import requests
from conftest import BINARY, password, publish
from waiting import wait_for_run


def instant(moment):
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def now():
    return datetime.now(timezone.utc)


def hits(mesh, report="domains", **query):
    answer = mesh.call("ada", "GET", f"/api/v1/usage/{report}?" + "&".join(f"{name}={quote(str(value))}" for name, value in query.items()))
    assert answer.status_code == 200, answer.text
    return sum(item["hits"] for item in answer.json()["items"])


def test_usage_ranges_are_exact(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    marks = [now()]
    for count in (1, 3, 2):
        for _ in range(count):
            assert mesh.call("olivia", "GET", "/data/v1/shop/airlines/airlines").status_code == 200
        marks.append(now())
    begin, first, second, end = marks
    for report in ("domains", "products", "readers", "hours", "days"):
        assert hits(mesh, report) == 6
        assert hits(mesh, report, **{"from": instant(begin), "to": instant(end)}) == 6
        assert hits(mesh, report, **{"from": instant(first), "to": instant(second)}) == 3
        assert hits(mesh, report, **{"from": instant(second)}) == 2
        assert hits(mesh, report, to=instant(first)) == 1
        assert hits(mesh, report, **{"from": instant(end)}) == 0
        assert hits(mesh, report, to=instant(begin)) == 0
        assert hits(mesh, report, **{"from": instant(end), "to": instant(begin)}) == 0
        assert hits(mesh, report, **{"from": instant(begin - timedelta(days=3)), "to": instant(second)}) == 4
    read = mesh.call("ada", "GET", f"/api/v1/usage/domains?from={instant(first)}&to={instant(second)}&rollup=true").json()["items"]
    assert [(item["domain"], item["hits"], item["rows"]) for item in read] == [("shop", 3, 48)]


def test_a_head_is_one_hit_with_its_rows_and_no_bytes(mesh, csv_folder):
    publish(mesh, csv_folder, "airports.csv")
    path = "/data/v1/shop/airports/airports"
    for offset, query in enumerate(("?limit=2", "", "?limit=1000&offset=1"), 1):  # short, streamed, streamed
        answer = mesh.call("olivia", "HEAD", path + query)
        assert answer.status_code == 200 and answer.content == b""
        assert hits(mesh) == offset
    item = mesh.call("ada", "GET", "/api/v1/usage/domains").json()["items"][0]
    assert item["bytes"] == 0
    assert item["rows"] == 2 + 1458 + 1000


def test_if_none_match_is_read_as_rfc_9110_says(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    path = "/data/v1/shop/airlines/airlines"
    etag = mesh.call("olivia", "GET", path).headers["ETag"]
    for known, status in ((etag, 304), (f"W/{etag}", 304), (f'"other", {etag}', 304), ("*", 304),
                          (f'x{etag}y', 200), (f'"x{etag[1:-1]}"', 200), (etag[1:-1], 200), (f'"a,{etag[1:-1]},b"', 200)):
        answer = mesh.call("olivia", "GET", path, headers={"If-None-Match": known})
        assert answer.status_code == status, known


def test_a_condition_makes_no_answer_of_a_refusal(mesh, csv_folder):
    publish(mesh, csv_folder, "airports.csv")
    path = "/data/v1/shop/airports/airports"
    single = {"Accept": "application/vnd.pgrst.object+json"}
    for query, headers, status in (("", single, 406), ("?faa=eq.NOPE", single, 406), ("?select=name::int", {}, 400),
                                   ("?offset=9999", {"Prefer": "count=exact"}, 416)):
        answer = mesh.call("olivia", "GET", path + query, headers={**headers, "If-None-Match": "*"})
        assert answer.status_code == status, (query, answer.text)
    assert hits(mesh) == 0
    for count, query in enumerate(("?limit=2", ""), 1):  # short, streamed
        assert mesh.call("olivia", "GET", path + query, headers={"If-None-Match": "*"}).status_code == 304
        assert hits(mesh) == count


def test_a_page_behind_the_last_row_says_how_many_there_are(mesh, csv_folder):
    publish(mesh, csv_folder, "airports.csv")
    path = "/data/v1/shop/airports/airports"
    for query, headers, total in (("?offset=9999", {}, 1458), ("", {"Range-Unit": "items", "Range": "1459-1460"}, 1458), ("?faa=eq.NOPE&offset=1", {}, 0)):
        answer = mesh.call("olivia", "GET", path + query, headers={**headers, "Prefer": "count=exact"})
        assert (answer.status_code, answer.json()["code"]) == (416, "PGRST103"), answer.text
        assert answer.headers["Content-Range"] == f"*/{total}"


def test_sums_of_subtrees_stay_within_what_was_asked_for(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    for domain, owner in (("trade", "rafael"), ("trade.inner", "wanda")):
        *above, name = domain.split(".")
        body = {"name": name, "owners": [owner], **({"parent": ".".join(above)} if above else {})}
        assert mesh.call("ada", "POST", "/api/v1/domains", json=body).status_code == 201
    assert mesh.call("ada", "POST", "/api/v1/domains/shop/move", json={"parent": "trade.inner"}).status_code == 200
    assert mesh.call("olivia", "GET", "/data/v1/shop/airlines/airlines").status_code == 200

    def rolled_up(who, **query):
        answer = mesh.call(who, "GET", "/api/v1/usage/domains", params={"rollup": "true", **query})
        assert answer.status_code == 200, answer.text
        return {item["domain"]: item["hits"] for item in answer.json()["items"]}

    assert rolled_up("ada") == {"trade": 1, "trade.inner": 1, "trade.inner.shop": 1}
    assert rolled_up("ada", domain="trade.inner") == {"trade.inner": 1, "trade.inner.shop": 1}
    assert rolled_up("ada", domain="shop") == {"trade.inner.shop": 1}, "its path of before"
    assert rolled_up("wanda") == {"trade.inner": 1, "trade.inner.shop": 1}
    assert rolled_up("olivia") == {"trade.inner.shop": 1}
    assert rolled_up("olivia", domain="trade") == {"trade.inner.shop": 1}


def test_a_key_makes_a_post_happen_once(mesh, csv_folder):
    call = mesh.call
    product = publish(mesh, csv_folder, "airlines.csv")
    element = call("olivia", "GET", "/api/v1/elements").json()["items"][0]["id"]
    store = call("olivia", "GET", "/api/v1/data-stores").json()["items"][0]["id"]
    view = {"domain": "shop", "name": "few", "sql": "select carrier from a", "ingredients": [{"alias": "a", "element": element}]}
    first = call("olivia", "POST", "/api/v1/elements", json=view, headers={"Idempotency-Key": "view"})
    assert first.status_code == 201, first.text
    again = call("olivia", "POST", "/api/v1/elements", json=view, headers={"Idempotency-Key": "view"})
    assert (again.status_code, again.content, again.headers["Location"]) == (201, first.content, first.headers["Location"])
    other = call("olivia", "POST", "/api/v1/elements", json={**view, "name": "more"}, headers={"Idempotency-Key": "view"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.reused")

    # Another person's key is another key.
    assert call("rafael", "POST", "/api/v1/elements", json=view, headers={"Idempotency-Key": "view"}).status_code == 403

    for path in (f"/api/v1/products/{product}/publish", f"/api/v1/products/{product}/refresh", f"/api/v1/data-stores/{store}/check"):
        once = call("olivia", "POST", path, headers={"Idempotency-Key": path})
        assert once.status_code in (200, 202), once.text
        twice = call("olivia", "POST", path, headers={"Idempotency-Key": path})
        assert (twice.status_code, twice.content) == (once.status_code, once.content)
        if once.status_code == 202:
            wait_for_run(mesh, once.json()["id"])

    # Two at once: one effect, one answer.
    answers = []
    view["name"] = "both"
    threads = [threading.Thread(target=lambda: answers.append(call("olivia", "POST", "/api/v1/elements", json=view, headers={"Idempotency-Key": "both"})))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert [item["name"] for item in call("olivia", "GET", "/api/v1/elements").json()["items"]].count("both") == 1


LISTS = ["/api/v1/products", "/api/v1/domains", "/api/v1/elements", "/api/v1/data-stores", "/api/v1/runs", "/api/v1/subscriptions", "/api/v1/users",
         "/api/v1/tokens", "/api/v1/notifications", "/api/v1/outbox", "/api/v1/audit", "/api/v1/search", "/api/v1/usage/domains",
         "/api/v1/usage/products", "/api/v1/usage/readers", "/api/v1/usage/hours", "/api/v1/usage/days"]


def test_a_cursor_belongs_to_its_list(mesh):
    def page(path, cursor, **more):
        return mesh.call("ada", "GET", f"{path}?limit=1&cursor={quote(cursor)}", **more)

    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "one"}).status_code == 201
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "two"}).status_code == 201
    given = {path: mesh.call("ada", "GET", f"{path}?limit=1").json()["next"] for path in ("/api/v1/domains", "/api/v1/users", "/api/v1/audit", "/api/v1/search")}
    assert all(given.values()), given
    for path in LISTS:
        for forged in ("aGVsbG8", "!", "", "MDE5YQ", "A" * 5000, *(cursor for giver, cursor in given.items() if giver != path)):
            answer = page(path, forged)
            assert (answer.status_code, answer.json()["code"]) == (400, "query.cursor"), f"{path} {forged[:20]}: {answer.text}"
    for path, cursor in given.items():
        assert page(path, cursor).status_code == 200
        assert page(path, cursor[:-1] + ("A" if cursor[-1] != "A" else "B")).status_code == 400


def test_unknown_parameters_are_refused_by_every_list(mesh):
    for path in LISTS:
        for query, code in (("colour=red", "query.unknown_parameter"), ("limit=0", "query.invalid"), ("limit=1001", "query.invalid"),
                            ("limit=x", "query.invalid"), ("limit=1&limit=2", "query.repeated_parameter")):
            answer = mesh.call("ada", "GET", f"{path}?{query}")
            assert (answer.status_code, answer.json()["code"]) == (400, code), f"{path}?{query}: {answer.text}"


def test_a_query_is_taken_as_curl_sends_it(mesh, csv_folder, tmp_path):
    (tmp_path / "odd.csv").write_text('a,unit.price\n1,2\n2,7\n"<>{}|^`\\",9\n')
    call = mesh.call
    assert call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    publish_odd(mesh, tmp_path)

    def curl(query):
        run = subprocess.run(["curl", "-sg", "-H", f"Authorization: Bearer {mesh.tokens['olivia']}", f"{mesh.url}/data/v1/shop/odd/odd?{query}"],
                             capture_output=True, text=True, timeout=60, check=True)
        return json.loads(run.stdout)

    assert [row["unit.price"] for row in curl('"unit.price"=gt.5')] == [7, 9]
    assert [row["unit.price"] for row in curl('a=eq.<>{}|^`\\')] == [9]
    assert curl('a=in.(1,"2")&select="unit.price"') == [{"unit.price": 2}, {"unit.price": 7}]


def publish_odd(mesh, folder):
    call = mesh.call
    store = call("olivia", "POST", "/api/v1/data-stores", json={"name": "odd", "type": "folder", "coordinates": {"path": str(folder)}, "rights": [{"domain": "shop"}]})
    assert store.status_code == 201, store.text
    element = call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store.json()["id"], "table": "odd.csv"})
    assert element.status_code == 201, element.text
    product = call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": "odd", "title": "Odd", "description": "Odd names.",
        "ingredients": [{"alias": "odd", "element": element.json()["id"]}], "ports": [{"name": "odd", "ingredient": "odd"}]}).json()["id"]
    run = call("olivia", "POST", f"/api/v1/products/{product}/publish").json()["id"]
    assert wait_for_run(mesh, run)["state"] == "succeeded"


def test_names_can_change_until_something_is_published(mesh, csv_folder):
    call = mesh.call
    any_version = {"If-Match": "*"}
    published = publish(mesh, csv_folder, "airlines.csv")
    definition = {"title": "T", "description": "D"}
    draft = call("olivia", "POST", "/api/v1/products", json={"domain": "shop", "name": "frist", **definition}).json()["id"]

    def rename(product, name):
        return call("olivia", "PUT", f"/api/v1/products/{product}", json={"name": name, **definition}, headers=any_version)

    renamed = rename(draft, "first")
    assert (renamed.status_code, renamed.json().get("name")) == (200, "first"), renamed.text
    assert call("olivia", "GET", f"/api/v1/products/{draft}").json()["name"] == "first"
    assert (rename(draft, "airlines").status_code, rename(draft, "airlines").json()["code"]) == (409, "product.name_taken")
    assert rename(draft, "No Name").status_code == 400
    assert (rename(published, "other").status_code, rename(published, "other").json()["code"]) == (409, "product.name_fixed")
    assert rename(published, "airlines").status_code == 200  # the same one is no change
    assert call("olivia", "PUT", f"/api/v1/products/{draft}", json=definition, headers=any_version).json()["name"] == "first"

    read = call("olivia", "GET", "/api/v1/elements").json()["items"][0]
    store = read["mapping"]["store"]["id"]
    free = call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": "planes.csv"}).json()["id"]

    def rename_element(element, name):
        return call("olivia", "PATCH", f"/api/v1/elements/{element}", json={"name": name}, headers=any_version)

    assert rename_element(free, "aircraft").json().get("name") == "aircraft"
    assert rename_element(free, read["name"]).json()["code"] == "element.name_taken"
    assert rename_element(free, "A b").status_code == 400
    assert rename_element(read["id"], "other").json()["code"] == "element.name_fixed"


def test_addresses_are_absolute_and_never_the_callers(mesh, csv_folder):
    call = mesh.call
    product = publish(mesh, csv_folder, "airlines.csv")
    evil = {"Host": "evil.example"}
    for answer in (call("dana", "GET", f"/api/v1/products/{product}", headers=evil).json(), call("dana", "GET", "/api/v1/products", headers=evil).json()["items"][0]):
        assert answer["ports"][0]["url"] == f"{mesh.url}/data/v1/shop/airlines/airlines"
    dana = next(user["id"] for user in call("ada", "GET", "/api/v1/users").json()["items"] if user["name"] == "dana")
    assert call("ada", "POST", f"/api/v1/users/{dana}/reset-link", headers=evil).json()["url"].startswith(f"{mesh.url}/password#")
    assert call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Names."}).status_code == 201
    mail = call("ada", "GET", "/api/v1/outbox").json()["items"][0]["id"]
    shown = call("ada", "GET", f"/api/v1/outbox/{mail}", headers=evil).json()
    assert re.search(rf"^{re.escape(mesh.url)}/\S+$", shown["text"], re.MULTILINE), shown["text"]
    assert f'href="{mesh.url}/' in shown["html"]


def test_behind_a_public_https_address(make_server):
    mesh = make_server(environment={"WEFT_SERVER_PUBLIC_URL": "https://mesh.example.org"})
    subprocess.run([BINARY, "admin", "create", "ada", "--password-stdin", "--data", mesh.data], input=password("ada") + "\n", text=True, check=True, capture_output=True)
    mesh.start()
    assert mesh.url == "https://mesh.example.org"
    address = "http://" + re.search(r'"listen":"([^"]+)"', (mesh.data.parent / "server.log").read_text())[1]
    body = {"name": "ada", "password": password("ada")}
    assert requests.post(f"{address}/api/v1/session", json=body, headers={"Origin": address}, timeout=60).status_code == 403
    for origin in ("https://mesh.example.org", "https://mesh.example.org:443", "https://MESH.example.org"):
        signed_in = requests.post(f"{address}/api/v1/session", json=body, headers={"Origin": origin}, timeout=60)
        assert signed_in.status_code == 200, signed_in.text
    cookie = signed_in.headers["Set-Cookie"]
    assert cookie.startswith("__Host-weft_session=") and "; Secure" in cookie and "; Path=/;" in cookie and "Domain" not in cookie
    session = {"Cookie": cookie.split(";")[0]}
    assert requests.get(f"{address}/api/v1/me", headers=session, timeout=60).status_code == 200
    assert requests.get(f"{address}/api/v1/me", headers={"Cookie": session["Cookie"].removeprefix("__Host-")}, timeout=60).status_code == 401
    made = requests.post(f"{address}/api/v1/tokens", json={"name": "t"}, headers={**session, "Origin": origin}, timeout=60)
    user = requests.get(f"{address}/api/v1/me", headers=session, timeout=60).json()["id"]
    link = requests.post(f"{address}/api/v1/users/{user}/reset-link", headers={"Authorization": "Bearer " + made.json()["token"], "Host": "evil.example"}, timeout=60)
    assert link.json()["url"].startswith("https://mesh.example.org/password#")


def test_a_foreign_page_cannot_sign_anybody_in(mesh):
    body = {"name": "dana", "password": password("dana")}
    for origin, status in (("http://evil.example", 403), ("null", 403), (mesh.url, 200), (mesh.url.upper().replace("HTTP", "http"), 200), (None, 200)):
        answer = requests.post(f"{mesh.url}/api/v1/session", json=body, headers={"Origin": origin} if origin else {}, timeout=60)
        assert answer.status_code == status, origin
        assert ("Set-Cookie" in answer.headers) == (status == 200)
    answer = requests.post(f"{mesh.url}/api/v1/password", json={"link": "x", "password": "y"}, headers={"Origin": "http://evil.example"}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (403, "session.foreign_origin")


def test_the_data_folder_is_its_owners_alone(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    assert mesh.call("olivia", "GET", "/data/v1/shop/airlines/airlines").status_code == 200
    assert mesh.call("ada", "GET", "/api/v1/search?q=").status_code == 200
    open_to_others = [str(path) for path in [mesh.data, *mesh.data.rglob("*")]
                      if path.name != "weft.toml" and not path.is_symlink() and not stat.S_ISSOCK(path.stat().st_mode) and path.stat().st_mode & 0o077]
    assert not open_to_others


@pytest.mark.parametrize("arguments, told", [
    (["serve", "--data", "{data}", "--listen", "foo"], ["--listen", "foo", "host:port"]),
    (["serve", "--data", "{data}", "--listen", "127.0.0.1:99999"], ["--listen", "99999"]),
    (["serve", "--data", "{data}", "--listen", ":80"], ["--listen"]),
    (["demo", "--data", "{data}", "--listen", "127.0.0.1:x"], ["--listen"]),
    (["serve"], ["--data"]),
    (["serve", "--data", "{data}", "--colour", "red"], ["--colour"]),
    (["bogus"], ["bogus", "serve", "demo", "audit"]),
    (["audit", "bogus"], ["bogus", "verify"]),
    (["audit"], ["verify"]),
    ([], ["serve", "demo"]),
])
def test_usage_errors_are_exit_2_and_name_what_was_wrong(arguments, told, tmp_path):
    data = tmp_path / "data"
    run = subprocess.run([BINARY, *(argument.format(data=data) for argument in arguments)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2, run
    for word in told:
        assert word in run.stderr, run.stderr
    assert not data.exists()
