"""Reads and runs a scenario file (see README.md)."""
import json
import re
import time
from pathlib import Path

import requests

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Step:
    def __init__(self, line_number, text):
        self.line = line_number
        lines = text.split("\n")
        self.who, self.method, self.path = lines[0].split(None, 2)
        assert self.method in METHODS, f"line {line_number}: {self.method} is no method"
        self.headers, body, self.checks, self.status = {}, [], [], None
        for line in lines[1:]:
            if line.startswith("=> "):
                self.status = int(line[3:])
            elif self.status is not None:
                self.checks.append(line)
            elif line.startswith("> "):
                name, value = line[2:].split(":", 1)
                self.headers[name.strip()] = value.strip()
            else:
                body.append(line)
        assert self.status is not None, f"line {line_number}: the step says no status"
        self.body = "\n".join(body)


def parse(path):
    steps, current, start = [], [], 0
    for number, line in enumerate(Path(path).read_text().split("\n") + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            if not current:
                start = number
            current.append(line.rstrip())
        elif current:
            steps.append(Step(start, "\n".join(current)))
            current = []
    assert steps, f"{path} has no step"
    return steps


def look_up(document, path):
    """`$.items[0].name`; `$.items.length` counts; `$.items[*].name` lists."""
    value = document
    for part in re.findall(r"\.([A-Za-z_][\w-]*)|\[(\d+|\*)\]", path):
        name, index = part
        if index == "*":
            rest = path.split("[*]", 1)[1]
            return [look_up(item, "$" + rest) for item in value]
        if index:
            value = value[int(index)]
        elif name == "length" and isinstance(value, list):
            value = len(value)
        else:
            value = value[name]
    return value


class Runner:
    def __init__(self, url, tokens, values):
        self.url, self.tokens, self.values = url, tokens, dict(values)

    def fill(self, text):
        return re.sub(r"\{([a-z_]\w*)\}", lambda m: str(self.values[m[1]]) if m[1] in self.values else m[0], text)

    def send(self, step):
        headers = {name: self.fill(value) for name, value in step.headers.items()}
        if step.who != "nobody" and "Authorization" not in headers:
            headers["Authorization"] = "Bearer " + self.tokens[step.who]
        body = self.fill(step.body).encode() if step.body else None
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        return requests.request(step.method, self.url + self.fill(step.path), headers=headers, data=body, timeout=120, allow_redirects=False)

    def check(self, line, response, where):
        line = self.fill(line)
        if line.startswith("keep "):
            name, path = re.match(r"keep (\w+) = (.*)", line).groups()
            if path.startswith("header "):
                self.values[name] = response.headers[path[7:]]
            else:
                self.values[name] = look_up(response.json(), path)
            return
        what, relation, wanted = re.match(r"(.+?) (=|!=|~|!~|>=) (.*)", line).groups()
        if what == "body":
            found = response.text
        elif what.startswith("header "):
            found = response.headers.get(what[7:], "")
        else:
            try:
                found = look_up(response.json(), what)
            except (KeyError, IndexError, TypeError):
                found = None
        wanted = json.loads(wanted)
        if relation in ("~", "!~"):
            text = found if isinstance(found, str) else json.dumps(found)
            holds = (wanted in text) == (relation == "~")
        elif relation == ">=":
            holds = found is not None and found >= wanted
        else:
            holds = (found == wanted) == (relation == "=")
        assert holds, f"{where}: {line}\n  found: {found!r}\n  answer: {response.status_code} {response.text[:1500]}"

    def holds(self, line, response):
        try:
            self.check(line, response, "")
            return True
        except AssertionError:
            return False

    def run(self, step, file):
        where = f"{file}:{step.line}: {step.who} {step.method} {self.fill(step.path)}"
        untils = [line[6:] for line in step.checks if line.startswith("until ")]
        deadline = time.monotonic() + 60
        while True:
            response = self.send(step)
            if all(self.holds(line, response) for line in untils) or time.monotonic() > deadline:
                break
            assert "failed" not in response.text or any("failed" in line for line in untils), f"{where}: {response.text[:2000]}"
            time.sleep(0.05)
        assert response.status_code == step.status, f"{where}: {response.status_code}, not {step.status}\n  {response.text[:2000]}"
        for line in step.checks:
            self.check(line.removeprefix("until "), response, where)
