"""Measuring: load by wrk, whole downloads by a bare socket, pairs of both sides, ratios with their spread."""
import os
import re
import shutil
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[0], CPUS[-1]


def pin(cpu):
    """For preexec_fn: the server under test and the load never share a processor where there are two."""
    return lambda: os.sched_setaffinity(0, {cpu})


@dataclass
class Side:
    """One of the two that are compared: measure() gives one number."""
    name: str
    measure: object


@dataclass
class Row:
    work: str
    unit: str  # "requests/s", "s", "ms", "MiB"
    peer: str
    pairs: list = field(default_factory=list)  # (weft, peer)
    note: str = ""

    @property
    def more_is_better(self):
        return self.unit == "requests/s"

    def ratios(self):
        """How many times better Weft is: above 1 it wins, whatever the unit."""
        return [weft / peer if self.more_is_better else peer / weft for weft, peer in self.pairs]

    def as_json(self):
        ratios = self.ratios()
        return {"work": self.work, "unit": self.unit, "peer": self.peer, "note": self.note,
                "weft": statistics.median(pair[0] for pair in self.pairs), "peer_value": statistics.median(pair[1] for pair in self.pairs),
                "ratio": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios), "pairs": self.pairs}


def in_pairs(work, unit, weft, peer, rounds, note=""):
    """Both warm, then A B A B …"""
    row = Row(work, unit, peer.name, note=note)
    for side in (weft, peer):
        side.measure()
    for _ in range(rounds):
        row.pairs.append((weft.measure(), peer.measure()))
    return row


class Wrk:
    """Requests per second on 32 kept-alive connections, from one thread on a processor of its own."""
    CONNECTIONS = 32

    def __init__(self, folder, seconds):
        self.program, self.folder, self.seconds = shutil.which("wrk"), folder, seconds

    def version(self):
        return re.search(r"wrk \S+", subprocess.run([self.program, "-v"], capture_output=True, text=True).stdout)[0]

    def rate(self, url, headers=None, paths=None):
        """`paths`: Lua that gives the path of each request; without it, it is the URL's own."""
        command = [self.program, "-t1", f"-c{self.CONNECTIONS}", f"-d{self.seconds}s", "--timeout", "10s", "--latency"]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        if paths:
            script = self.folder / "paths.lua"
            script.write_text(f"math.randomseed(os.time() + tonumber(tostring({{}}):sub(8), 16))\nrequest = function() return wrk.format(nil, {paths}) end\n")
            command += ["-s", str(script)]
        done = subprocess.run([*command, url], capture_output=True, text=True, preexec_fn=pin(LOAD_CPU), check=True).stdout
        wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
        assert not wrong, f"{url}: {wrong[1]} requests failed\n{done}"
        assert "Socket errors" not in done, f"{url}: {done}"
        self.requests = int(re.search(r"(\d+) requests in", done)[1])
        # Not one answer in all that time: taken as one, in favour of whoever is that slow.
        return max(float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1]), 1 / self.seconds)


def connect(url):
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=300)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request_bytes(url, headers=None, closing=True):
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "Connection: close" if closing else "Connection: keep-alive", "", ""]).encode()


def download(url, headers=None):
    """Seconds until the last byte of one answer, which is thrown away; checks that it is a success."""
    request, buffer = request_bytes(url, headers), bytearray(1 << 20)
    begun = time.perf_counter()
    with connect(url) as connection:
        connection.sendall(request)
        size = connection.recv_into(buffer)
        assert buffer[9:12] == b"200", f"{url}: {bytes(buffer[:200])}"
        while got := connection.recv_into(buffer):
            size += got
    return time.perf_counter() - begun


def fetch(url, headers=None):
    """One whole answer: its headers (lower case) and its body, unchunked."""
    with connect(url) as connection:
        connection.sendall(request_bytes(url, headers))
        raw = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    assert lines[0].split()[1] in ("200", "206"), f"{url}: {lines[0]} {body[:300]}"
    if fields.get("transfer-encoding") == "chunked":
        pieces, at = [], 0
        while True:
            end = body.index(b"\r\n", at)
            size = int(body[at:end], 16)
            if size == 0:
                break
            pieces.append(body[end + 2:end + 2 + size])
            at = end + 4 + size
        body = b"".join(pieces)
    return fields, body


def median_milliseconds(url_of, headers, count):
    """The median time of `count` single requests on one kept-alive connection."""
    times, connection = [], None
    for number in range(count):
        url = url_of(number)
        connection = connection or connect(url)
        request = request_bytes(url, headers, closing=False)
        begun = time.perf_counter()
        connection.sendall(request)
        answer = connection.recv(1 << 16)
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(1 << 16)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head[9:12] == b"200", answer[:300]
        length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])
        while len(body) < length:
            body += connection.recv(1 << 16)
        times.append(time.perf_counter() - begun)
    connection.close()
    return statistics.median(times) * 1000


def memory(pid, what="VmRSS"):
    """MiB of a process: VmRSS now, VmHWM at most."""
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"{what}:\s+(\d+)", status.read())[1]) / 1024
