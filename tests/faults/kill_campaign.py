"""kill -9 at random moments under mixed load: nothing acknowledged is lost or doubled, and the audit chain verifies."""
import random
import signal
import subprocess
import threading
import time

import requests


class Load:
    """Threads that read, write and decide until they are stopped; they remember what was acknowledged and what is in doubt."""

    def __init__(self, server, tokens, product, port_path):
        self.server, self.tokens, self.product, self.port_path = server, tokens, product, port_path
        self.lock, self.stopping, self.number = threading.Lock(), threading.Event(), 0
        self.domains, self.requests, self.hits, self.hits_in_doubt, self.broken = [], [], 0, 0, []
        self.threads = [threading.Thread(target=self.run, args=(action,)) for action in (self.read, self.read, self.create_domain, self.ask_and_withdraw)]

    def run(self, action):
        session = requests.Session()
        while not self.stopping.is_set():
            try:
                action(session)
            except requests.RequestException:
                session = requests.Session()  # the server was killed: what was under way is in doubt
                self.stopping.wait(0.02)
            except Exception as error:
                self.broken.append(repr(error))
                raise

    def call(self, session, who, method, path, **options):
        return session.request(method, self.server.url + path, headers={"Authorization": "Bearer " + self.tokens[who]}, timeout=30, **options)

    def read(self, session):
        try:
            answer = self.call(session, "dana", "GET", self.port_path + "?limit=5")
        except requests.RequestException:
            with self.lock:
                self.hits_in_doubt += 1
            raise
        if answer.status_code == 200:
            with self.lock:
                self.hits += 1

    def create_domain(self, session):
        with self.lock:
            self.number += 1
            name = f"d{self.number}"
        if self.call(session, "ada", "POST", "/api/v1/domains", json={"name": name}).status_code == 201:
            self.domains.append(name)

    def ask_and_withdraw(self, session):
        answer = self.call(session, "dev", "POST", "/api/v1/subscriptions", json={"product": self.product, "purpose": "Kill test."})
        if answer.status_code == 201:
            self.requests.append((answer.json()["id"], "pending"))
        open_ones = self.call(session, "dev", "GET", "/api/v1/subscriptions?state=pending")
        if open_ones.status_code != 200:
            return  # it is starting, or stopping
        for item in open_ones.json()["items"]:
            if self.call(session, "dev", "POST", f"/api/v1/subscriptions/{item['id']}/withdraw").status_code == 200:
                self.requests.append((item["id"], "withdrawn"))

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def all_items(call, path):
    items, cursor = [], ""
    while cursor is not None:
        page = call("ada", "GET", f"{path}{'&' if '?' in path else '?'}limit=1000{'&cursor=' + cursor if cursor else ''}").json()
        items += page["items"]
        cursor = page["next"]
    return items


def campaign(mesh, binary, product, port_path, kills, seed):
    """Returns counts to print; asserts everything that must hold."""
    chance = random.Random(seed)
    load = Load(mesh, mesh.tokens, product, port_path)
    load.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, 1.0))  # the moment of death is the random part, not a wait for anything
            assert mesh.stop(signal.SIGKILL) == -signal.SIGKILL
            mesh.start()
    finally:
        load.stop()

    assert not load.broken, load.broken
    assert load.domains and load.requests and load.hits, "a campaign without load shows nothing"
    domains = [item["path"] for item in all_items(mesh.call, "/api/v1/domains")]
    assert len(domains) == len(set(domains))
    lost = set(load.domains) - set(domains)
    assert not lost, f"acknowledged domains are gone: {lost}"
    states = {item["id"]: item["state"] for item in all_items(mesh.call, f"/api/v1/subscriptions?product={product}")}
    for request, state in load.requests:
        assert request in states, f"the acknowledged request {request} is gone"
        assert state == "pending" or states[request] == "withdrawn", f"{request} is {states[request]}, though its withdrawal was acknowledged"
    entries = all_items(mesh.call, "/api/v1/audit")
    made = [item["after"]["path"] for item in entries if item["action"] == "domain.create"]
    assert sorted(made) == sorted(domains), "each domain has exactly one audit entry, and each entry its domain"
    hits = sum(item["hits"] for item in mesh.call("ada", "GET", "/api/v1/usage/domains").json()["items"])
    assert load.hits <= hits <= load.hits + load.hits_in_doubt, f"{load.hits} acknowledged, {load.hits_in_doubt} in doubt, {hits} counted"
    assert mesh.stop() == 0
    verified = subprocess.run([binary, "audit", "verify", "--data", mesh.data, *mesh.arguments], capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr
    mesh.start()
    return f"{kills} kills (seed {seed}): {len(load.domains)} domains, {len(load.requests)} steps of requests, {load.hits} hits ({load.hits_in_doubt} in doubt, {hits} counted); {verified.stdout.strip()}"
