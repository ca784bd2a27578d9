"""Reads and runs a scenario file (see README.md)."""
import json
import re
import time
from pathlib import Path

import requests
from waiting import PATIENCE

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


class NotThere(Exception):
    """What is named is not in the answer."""


def look_up(document, path):
    """`$.items[0].name`; `$.items.length` counts; `$.items[*].name` lists."""
    assert re.fullmatch(r"\$(\.[A-Za-z_][\w-]*|\[(\d+|\*)\])*", path), f"{path} is no path"
    value = document
    for part in re.findall(r"\.([A-Za-z_][\w-]*)|\[(\d+|\*)\]", path):
        name, index = part
        if index == "*" and isinstance(value, list):
            rest = path.split("[*]", 1)[1]
            return [look_up(item, "$" + rest) for item in value]
        if name == "length" and isinstance(value, list):
            value = len(value)
        elif name and isinstance(value, dict) and name in value:
            value = value[name]
        elif index.isdecimal() and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            raise NotThere(path)
    return value


def find(what, response):
    """`body`, `header NAME` or a path."""
    if what == "body":
        return response.text
    if what.startswith("header "):
        if what[7:] not in response.headers:
            raise NotThere(what)
        return response.headers[what[7:]]
    try:
        document = response.json()
    except ValueError:
        raise NotThere(what) from None
    return look_up(document, what)


RELATIONS = {
    "=": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
    ">=": lambda found, wanted: found is not None and found >= wanted,
    "~": lambda found, wanted: wanted in as_text(found),
    "!~": lambda found, wanted: wanted not in as_text(found),
}


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


class Runner:
    def __init__(self, url, tokens, values):
        self.url, self.tokens, self.values = url, tokens, dict(values)

    def fill(self, text):
        def value(found):
            assert found[1] in self.values, f"nothing was kept as {found[0]}: {text}"
            return str(self.values[found[1]])

        return re.sub(r"\{([a-z_]\w*)\}", value, text)

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
        told = f"{where}: {line}\n  answer: {response.status_code} {response.text[:1500]}"
        form = re.fullmatch(r"keep (?P<name>[a-z_]\w*) = (?P<kept>.+)|(?P<gone>.+) absent|(?P<what>.+?) (?P<relation>=|!=|~|!~|>=) (?P<wanted>.*)", line)
        assert form, f"{told}\n  this is no check"
        what = form["kept"] or form["gone"] or form["what"]
        try:
            found = find(what, response)
        except NotThere as missing:
            assert form["gone"], f"{told}\n  {missing} is not there"
            return
        assert not form["gone"], f"{told}\n  it is there: {found!r}"
        if form["kept"]:
            assert found is not None, f"{told}\n  there is nothing to keep"
            self.values[form["name"]] = found
        else:
            assert RELATIONS[form["relation"]](found, json.loads(form["wanted"])), f"{told}\n  found: {found!r}"

    def holds(self, line, response):
        try:
            self.check(line, response, "")
            return True
        except AssertionError:
            return False

    def run(self, step, file):
        where = f"{file}:{step.line}: {step.who} {step.method} {self.fill(step.path)}"
        untils = [line.removeprefix("until ") for line in step.checks if line.startswith("until ")]
        deadline = time.monotonic() + PATIENCE
        while True:
            response = self.send(step)
            if all(self.holds(line, response) for line in untils) or time.monotonic() > deadline:
                break
            assert "failed" not in response.text or any("failed" in line for line in untils), f"{where}: {response.text[:2000]}"
            time.sleep(0.05)
        assert response.status_code == step.status, f"{where}: {response.status_code}, not {step.status}\n  {response.text[:2000]}"
        for line in step.checks:
            self.check(line.removeprefix("until "), response, where)
