"""`weft demo`: what demo.json promises, going on after kill -9, and folders that are not its own."""
import json
import os
import random
import signal
import stat
import subprocess
import time

import requests
from conftest import BINARY, open_mesh, read_until

ROLES = {"domain-administrator", "domain-owner", "governance", "data-user"}


class Demo:
    def __init__(self, data):
        self.data, self.process = data, None

    def start(self):
        self.process = subprocess.Popen([BINARY, "demo", "--data", self.data, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                        stderr=(self.data.parent / "demo.log").open("a"))
        return self

    def wait_until_told(self):
        """Until it says where it serves; what it printed."""
        told = read_until(self.process.stdout, rb"(?m)^  curl.*\n")
        assert told, f"the demo ended: {(self.data.parent / 'demo.log').read_text()[-3000:]}"
        return told.string.decode()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code

    @property
    def file(self):
        return json.loads((self.data / "demo.json").read_text())


def check_promises(demo):
    path = demo.data / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = demo.file
    assert set(told) == {"url", "users", "products"}
    people = {user["name"]: user for user in told["users"]}

    def call(who, method, path, **options):
        return requests.request(method, told["url"] + path, headers={"Authorization": "Bearer " + people[who]["token"]}, timeout=60, **options)

    def everything(who, path):
        return call(who, "GET", f"{path}{'&' if '?' in path else '?'}limit=1000").json()["items"]

    admin = next(name for name, user in people.items() if "domain-administrator" in user["roles"])
    granted = {user["name"]: set(user["roles"]) for user in everything(admin, "/api/v1/users")}
    for name, user in people.items():
        assert set(user) == {"name", "password", "token", "roles"} and set(user["roles"]) == granted[name] <= ROLES
        assert requests.post(told["url"] + "/api/v1/session", json={"name": name, "password": user["password"]}, timeout=60).status_code == 200
    owners = {owner["name"] for domain in everything(admin, "/api/v1/domains") for owner in domain["owners"]}
    assert len(owners) >= 3 and all("domain-owner" in granted[name] for name in owners)
    assert len([name for name in owners if "governance" in granted[name]]) == 1
    assert len([name for name, roles in granted.items() if "governance" in roles and name not in owners]) == 2
    readers = [name for name, roles in granted.items() if roles == {"data-user"}]
    assert len(readers) == 3

    assert len(told["products"]) >= 6
    for product in told["products"]:
        assert set(product) == {"id", "domain", "name", "ports"}
        shown = call(admin, "GET", f"/api/v1/products/{product['id']}").json()
        assert (shown["domain"], shown["name"], shown["state"]) == (product["domain"], product["name"], "published")
        assert all(port["url"].startswith(told["url"] + "/data/v1/") for port in product["ports"])
        assert {port["name"] for port in shown["ports"]} == {port["name"] for port in product["ports"]}
    subscriptions = everything(admin, "/api/v1/subscriptions")
    of_people = {(item["subject"]["name"], item["product"]["id"]): item for item in subscriptions if item["subject"]["type"] == "user"}
    free = [(reader, product["id"]) for reader in readers for product in told["products"] if (reader, product["id"]) not in of_people]
    assert len(free) >= 6 and any(all(name != reader for name, _ in of_people) for reader in readers)
    assert {item["state"] for item in subscriptions} >= {"pending", "approved", "rejected", "revoked"}
    assert any(all(item["product"]["id"] != product["id"] for item in subscriptions) for product in told["products"]), "one that nobody asked for"

    approved = {key: item for key, item in of_people.items() if item["state"] == "approved"}
    counts = {}
    for (reader, product), item in approved.items():
        url = next(port["url"] for known in told["products"] if known["id"] == product for port in known["ports"])
        answer = requests.get(url + "?limit=1", headers={"Authorization": "Bearer " + people[reader]["token"], "Prefer": "count=exact"}, timeout=60)
        assert answer.status_code in (200, 206)
        counts[reader, product] = (int(answer.headers["Content-Range"].split("/")[1]), item["limits"], len(answer.json()[0]))
    flights = next(product["id"] for product in told["products"] if product["name"] == "flights")
    assert (336776, None, 19) in [count for (_, product), count in counts.items() if product == flights]
    assert any(limits and limits["row_filter"] and len(limits["hidden_columns"]) == 3 and columns == 16
               for (_, product), (_, limits, columns) in counts.items() if product == flights)
    assert any(count < 10_000 and limits is None for count, limits, _ in counts.values())
    assert {element["category"] for element in everything(admin, "/api/v1/elements")} == {"foundational", "value-added"}
    asked = next(name for name in owners if "governance" in granted[name])
    own = next(product for product in told["products"] if asked in {owner["name"] for owner in call(admin, "GET", f"/api/v1/products/{product['id']}").json()["owners"]})
    reader = next(reader for reader, product in free if product == own["id"])
    request = call(reader, "POST", "/api/v1/subscriptions", json={"product": own["id"], "purpose": "Test."}).json()["id"]
    assert call(asked, "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 403
    assert call(reader, "POST", f"/api/v1/subscriptions/{request}/withdraw").status_code == 200


def test_an_interrupted_demo_goes_on(tmp_path):
    demo = Demo(tmp_path / "data")
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    try:
        for _ in range(6):
            demo.start()
            time.sleep(chance.uniform(0.05, 3))
            whole = (demo.data / "demo.json").exists()
            demo.stop(signal.SIGKILL)
            if whole:
                break
        demo.start().wait_until_told()
        check_promises(demo)
        before, identity = demo.file, lambda told: [(product["id"], product["domain"], product["name"]) for product in told["products"]]
        assert demo.stop() == 0

        # A second start serves what is there, at its new address, whatever people have changed.
        printed = demo.start().wait_until_told()
        after = demo.file
        assert after["url"] != before["url"] and after["url"] in printed
        assert after["users"] == before["users"] and identity(after) == identity(before)
        assert all(port["url"].startswith(after["url"] + "/") for product in after["products"] for port in product["ports"])
        assert stat.S_IMODE(os.stat(demo.data / "demo.json").st_mode) == 0o600
        audit = requests.get(after["url"] + "/api/v1/audit?limit=1000", timeout=60,
                             headers={"Authorization": "Bearer " + after["users"][0]["token"]}).json()["items"]
        made = [item["object"]["id"] for item in audit if item["action"] == "product.publish"]
        assert len(made) == len(set(made)) == len(after["products"]), "nothing was made twice"
        assert demo.stop() == 0
        assert subprocess.run([BINARY, "audit", "verify", "--data", demo.data], capture_output=True).returncode == 0
    finally:
        if demo.process.poll() is None:
            demo.stop(signal.SIGKILL)


def test_a_mesh_that_is_not_the_demos_is_left_alone(make_server):
    server = make_server()
    mesh = open_mesh(server)
    running = subprocess.run([BINARY, "demo", "--data", mesh.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
    assert running.returncode != 0
    server.stop()
    before = sorted(path.name for path in mesh.data.iterdir())
    refused = subprocess.run([BINARY, "demo", "--data", mesh.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
    assert refused.returncode != 0 and str(mesh.data) in refused.stderr and "not the demo's" in refused.stderr
    assert sorted(path.name for path in mesh.data.iterdir()) == before
    server.start()
    assert mesh.call("ada", "GET", "/api/v1/domains").status_code == 200
