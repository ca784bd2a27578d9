"""Weft as it is measured: a server with two products, read by subscribers with a token. Nothing of its governance is off."""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from load import SERVER_CPU, pin

KEYS = 1_000_000
LIMITS = {"row_filter": "origin=eq.JFK", "hidden_columns": ["tailnum", "air_time", "minute"]}


def write_keys(file):
    """A table of a million rows with a key, in the order of the key."""
    with file.open("w") as out:
        out.write("id,name,amount,day,code\n")
        for key in range(KEYS):
            code = hashlib.md5(str(key).encode()).hexdigest()
            out.write(f"{key},name {key},{int(code[:4], 16) % 1000},{2000 + key % 20}-{1 + key % 12:02}-{1 + key % 28:02},{code}\n")


class Mesh:
    def __init__(self, binary, folder):
        self.binary, self.data, self.tokens = binary, folder / "data", {}
        files = folder / "files"
        files.mkdir(parents=True)
        self.data.mkdir()
        write_keys(files / "keys.csv")
        shutil.copy(binary.parent / "share/weft/nycflights13/flights.csv", files)
        self.files = files
        (self.data / "weft.toml").write_text(f"[stores]\nfolders = [{json.dumps(str(files))}]\n")
        self.log = (folder / "weft.log").open("a")
        subprocess.run([self.binary, "admin", "create", "ada", "--email", "ada@example.org", "--password-stdin", "--data", self.data],
                       input="correct horse ada\n", text=True, check=True, capture_output=True)
        self.start()

    def start(self):
        """Seconds until it serves are the caller's to measure."""
        self.process = subprocess.Popen([self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=pin(SERVER_CPU))
        self.url = re.search(r"http\S+", self.process.stdout.readline())[0]

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def call(self, who, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        if who in self.tokens:
            request.add_header("Authorization", "Bearer " + self.tokens[who])
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            raise RuntimeError(f"{method} {path}: {refusal.status} {refusal.read().decode()}") from None

    def reader(self, who="dana"):
        return {"Authorization": "Bearer " + self.tokens[who]}

    def port(self, product, suffix=""):
        return f"{self.url}/data/v1/shop/{product}/{product}{suffix}"

    def snapshot(self, product):
        """The file that the port is served from, for peers to read the same rows."""
        return max((self.data / "lake").glob(f"*/*/{product}.parquet"), key=os.path.getmtime)

    def hits(self):
        """Counted so far, once all of the journal is folded."""
        seen = -1
        while True:
            items = self.call("ada", "GET", "/api/v1/usage/domains")["items"]
            now = sum(item["hits"] for item in items)
            if now == seen:
                return now
            seen = now
            time.sleep(1.2)

    def fill(self):
        self.tokens["ada"] = self.sign_in("ada")
        for name, role in {"olivia": "domain-owner", "grace": "governance", "dana": "data-user", "dev": "data-user"}.items():
            self.call("ada", "POST", "/api/v1/users", {"name": name, "email": f"{name}@example.org", "password": f"correct horse {name}", "roles": [role]})
            self.tokens[name] = self.sign_in(name)
        self.call("ada", "POST", "/api/v1/domains", {"name": "shop", "owners": ["olivia"]})
        store = self.call("olivia", "POST", "/api/v1/data-stores", {
            "name": "files", "type": "folder", "coordinates": {"path": str(self.files), "csv": {"null": "NA"}}, "rights": [{"domain": "shop"}]})["id"]
        for name in ("flights", "keys"):
            product = self.publish(store, name)
            self.grant("dana", product)
            if name == "flights":
                self.grant("dev", product, LIMITS)

    def sign_in(self, name):
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        for path, body in (("session", {"name": name, "password": f"correct horse {name}"}), ("tokens", {"name": "bench"})):
            request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=json.dumps(body).encode(),
                                             headers={"Content-Type": "application/json", "Origin": self.url})
            with opener.open(request, timeout=60) as answer:
                made = json.loads(answer.read())
        return made["token"]

    def publish(self, store, name):
        element = self.call("olivia", "POST", "/api/v1/elements", {"domain": "shop", "store": store, "table": f"{name}.csv", "name": name})["id"]
        product = self.call("olivia", "POST", "/api/v1/products", {
            "domain": "shop", "name": name, "title": name, "description": "Measured.",
            "ingredients": [{"alias": name, "element": element}], "ports": [{"name": name, "ingredient": name}]})["id"]
        run = self.call("olivia", "POST", f"/api/v1/products/{product}/publish")["id"]
        while (state := self.call("olivia", "GET", f"/api/v1/runs/{run}"))["state"] in ("queued", "running"):
            time.sleep(0.1)
        assert state["state"] == "succeeded", state
        return product

    def grant(self, who, product, limits=None):
        request = self.call(who, "POST", "/api/v1/subscriptions", {"product": product, "purpose": "Measuring."})["id"]
        decision = {"decision": "approve", **({"limits": limits} if limits else {})}
        self.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", decision)
