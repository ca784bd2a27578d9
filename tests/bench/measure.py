"""make bench: Weft beside what a user would pick instead, in interleaved pairs, all of its governance on."""
import argparse
import io
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import report
from load import Row, Side, Wrk, connect, download, fetch, in_pairs, median_milliseconds, memory, request_bytes
from mesh import KEYS, Mesh
from peers import Duckdb, Nginx, Roapi, SendLoop, pin_harness, wait_for

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"2 KB": "limit=7", "20 KB": "limit=68"}
GROUPS = ("page", "new", "key", "whole", "memory", "cold")
STALLED = 8  # as many reads as one user may have
JSON, CSV, ARROW, PARQUET = "JSON", "CSV", "Arrow", "Parquet"
SUFFIXES = {JSON: ".json", CSV: ".csv", ARROW: ".arrow", PARQUET: ".parquet"}


class Bench:
    def __init__(self, arguments, folder):
        self.rounds, self.only, self.folder = (3, arguments.only, folder) if arguments.quick else (7, arguments.only, folder)
        self.wrk = Wrk(folder, 1 if arguments.quick else 2)
        self.rows, self.absent = [], []
        binary = Path(arguments.binary).resolve()
        self.mesh = Mesh(binary, folder)
        self.nginx, self.roapi, self.duckdb = Nginx(folder / "nginx"), Roapi(folder / "roapi"), Duckdb()
        self.peers = {"nginx": self.nginx, "ROAPI": self.roapi, "DuckDB": self.duckdb}
        self.there = {name for name, peer in self.peers.items() if peer.version()}

    def versions(self):
        return {"wrk": self.wrk.version(), **{name: peer.version() or "not to be had here" for name, peer in self.peers.items()}}

    def compare(self, work, unit, weft, peer_name, peer, note="", needs=None):
        """One row of the table, unless what it needs is not there."""
        needs = needs or peer_name.split()[0]
        if needs in self.peers and needs not in self.there:
            self.absent.append({"work": work, "peer": peer_name})
            return
        row = in_pairs(work, unit, Side("Weft", weft), Side(peer_name, peer), self.rounds, note)
        self.rows.append(row)
        print(f"bench: {work}, beside {peer_name}: {report.ratio_text(row.as_json())}", flush=True)

    def start_peers(self):
        if "ROAPI" in self.there:
            self.roapi.configure({"flights": self.flights, "keys": self.keys})
            self.roapi.start()
            wait_for(self.roapi.table("flights") + "?limit=1")
            wait_for(self.roapi.table("keys") + "?limit=1")
        if "DuckDB" in self.there:
            self.duckdb.start()

    def weft_rate(self, path, who="dana", **options):
        return lambda: self.wrk.rate(path, headers=self.mesh.reader(who), **options)

    def pages(self):
        port = self.mesh.port("flights")
        bodies = {}
        for size, query in PAGES.items():
            bodies[f"{size.split()[0]}.json"] = fetch(f"{port}?{query}", self.mesh.reader())[1]
        if "nginx" in self.there:
            self.nginx.start(bodies)
        before, counted = self.mesh.hits(), 0
        for size, query in PAGES.items():
            url = f"{port}?{query}"

            def weft(url=url):
                nonlocal counted
                rate = self.wrk.rate(url, self.mesh.reader())
                counted += self.wrk.requests
                return rate

            name = f"{size.split()[0]}.json"
            self.compare(f"page, {size}", "requests/s", weft, "nginx, the same bytes as a file", lambda name=name: self.wrk.rate(f"{self.nginx.url}/{name}"))
            limit = query.split("=")[1]
            self.compare(f"page, {size}", "requests/s", weft, "ROAPI from memory", lambda limit=limit: self.wrk.rate(f"{self.roapi.table('flights')}?limit={limit}"))
        self.compare("page, 2 KB", "requests/s", weft, "ROAPI from the file", lambda: self.wrk.rate(f"{self.roapi.table('flights_file')}?limit=7"))
        # wrk leaves requests under way when it ends: they are answered, but not in its count.
        after = self.mesh.hits() - before
        if counted:
            print(f"bench: wrk got {counted} answers, {after} hits are counted", flush=True)
            assert counted <= after <= counted * 1.001 + 32 * 64, "hits were lost or doubled"

    def new_pages(self):
        """Each request is a new one: nothing that was answered before helps."""
        new_page = 'string.format("%s?limit=7&offset=%d", wrk.path, math.random(0, 300000))'
        self.compare("new page of 2 KB each time", "requests/s", self.weft_rate(self.mesh.port("flights"), paths=new_page), "ROAPI from the file",
                     lambda: self.wrk.rate(self.roapi.table("flights_file"), paths=new_page))
        filters = ('string.format("%s?month=eq.%d&day=eq.%d&distance=lt.%d&limit=100", wrk.path, math.random(12), math.random(28), math.random(10000, 10000000))',
                   'string.format("%s?filter[month]=%d&filter[day]=%d&filter[distance]lt=%d&limit=100", wrk.path, math.random(12), math.random(28), math.random(10000, 10000000))')
        self.compare("new filter each time, 100 rows", "requests/s", self.weft_rate(self.mesh.port("flights"), paths=filters[0]), "ROAPI from memory",
                     lambda: self.wrk.rate(self.roapi.table("flights"), paths=filters[1]))
        masked = 'string.format("%s?limit=100&distance=lt.%d", wrk.path, math.random(10000, 10000000))'
        unmasked = 'string.format("%s?limit=100&distance=lt.%d&origin=eq.JFK", wrk.path, math.random(10000, 10000000))'
        self.compare("row filter and 3 hidden columns by the grant", "requests/s", self.weft_rate(self.mesh.port("flights"), who="dev", paths=masked),
                     "Weft, the same filter by the reader", self.weft_rate(self.mesh.port("flights"), paths=unmasked), needs="Weft")

    def keys_(self):
        roapi = fetch(self.roapi.table("keys") + "?filter[id]=4711")[1] if "ROAPI" in self.there else b"[]"
        weft = fetch(self.mesh.port("keys") + "?id=eq.4711", self.mesh.reader())[1]
        assert json.loads(weft)[0]["name"] == "name 4711", weft
        assert roapi == b"[]" or json.loads(roapi)[0]["name"] == "name 4711", roapi
        one = f'string.format("%s?id=eq.%d", wrk.path, math.random(0, {KEYS - 1}))'
        other = f'string.format("%s?filter[id]=%d", wrk.path, math.random(0, {KEYS - 1}))'
        self.compare("one key of 1M rows", "requests/s", self.weft_rate(self.mesh.port("keys"), paths=one), "ROAPI from memory",
                     lambda: self.wrk.rate(self.roapi.table("keys"), paths=other))
        numbers = iter(range(0, 10 ** 9, 7919))
        count = 50
        sql = f"SELECT * FROM read_parquet('{self.keys}') WHERE id = ?"
        self.compare("one key of 1M rows, one client, p50", "ms",
                     lambda: median_milliseconds(lambda _: f"{self.mesh.port('keys')}?id=eq.{next(numbers) % KEYS}", self.mesh.reader(), count),
                     "DuckDB in process on the same file",
                     lambda: statistics.median(self.duckdb.seconds(sql, [next(numbers) % KEYS]) for _ in range(count)) * 1000)

    def check_whole(self):
        """The same rows in all forms and from both, before anything is timed."""
        import pyarrow.csv
        import pyarrow.ipc
        import pyarrow.parquet
        readers = {JSON: lambda body: len(json.loads(body)), CSV: lambda body: pyarrow.csv.read_csv(io.BytesIO(body)).num_rows,
                   ARROW: lambda body: pyarrow.ipc.open_stream(body).read_all().num_rows,
                   PARQUET: lambda body: pyarrow.parquet.read_table(io.BytesIO(body)).num_rows}
        sizes = {}
        for form, rows_of in readers.items():
            body = fetch(self.mesh.port("flights", SUFFIXES[form]), self.mesh.reader())[1]
            rows = rows_of(body)
            assert rows == 336_776, f"{form}: {rows}"
            sizes[form] = len(body)
            if form == ARROW:
                (self.folder / "arrow.answer").write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + body)
            if "ROAPI" in self.there:
                rows = rows_of(fetch(self.roapi.table("flights"), {"Accept": Roapi.FORMATS[form]})[1])
                assert rows == 336_776, f"ROAPI, {form}: {rows}"
        return sizes

    def whole(self):
        sizes = self.check_whole()
        source = f"read_parquet('{self.flights}')"
        copies = {JSON: "FORMAT json, ARRAY true", CSV: "FORMAT csv", PARQUET: "FORMAT parquet, COMPRESSION zstd"}
        target = Path("/dev/shm") / f"weft-bench-{os.getpid()}"
        for form in SUFFIXES:
            work = f"all of flights as {form}, {sizes[form] / 1e6:.0f} MB"
            weft = lambda form=form: download(self.mesh.port("flights", SUFFIXES[form]), self.mesh.reader())
            self.compare(work, "s", weft, "ROAPI from memory", lambda form=form: download(self.roapi.table("flights"), {"Accept": Roapi.FORMATS[form]}))
            if form in copies:
                self.compare(work, "s", weft, "DuckDB's COPY to memory",
                             lambda form=form: self.duckdb.seconds(f"COPY (SELECT * FROM {source}) TO '{target}' ({copies[form]})"), needs="DuckDB")
            else:
                loop = SendLoop()
                loop.start(str(self.folder / "arrow.answer"))
                self.compare(work, "s", weft, "a bare send() loop of the same bytes", lambda: download(loop.url), needs="Weft")
                loop.stop()
        target.unlink(missing_ok=True)

    def memory_(self):
        """What a reader costs who takes nothing, and what the whole process took at most."""
        def growth(pid, url, headers):
            before, connections = memory(pid), []
            for _ in range(STALLED):
                connection = connect(url)
                connection.sendall(request_bytes(url, headers))
                connection.recv(1000)
                connections.append(connection)
            time.sleep(2)
            grown = (memory(pid) - before) / STALLED
            for connection in connections:
                connection.close()
            time.sleep(0.5)
            return max(grown, 0.01)

        if "ROAPI" in self.there:
            self.once(Row("memory of a stalled reader of all flights", "MiB", "ROAPI from memory", [
                (growth(self.mesh.process.pid, self.mesh.port("flights"), self.mesh.reader()), growth(self.roapi.process.pid, self.roapi.table("flights"), {}))]))
            self.once(Row("most memory during all of the above", "MiB", "ROAPI from memory", [
                (memory(self.mesh.process.pid, "VmHWM"), memory(self.roapi.process.pid, "VmHWM"))]))

    def once(self, row):
        self.rows.append(row)
        print(f"bench: {row.work}, beside {row.peer}: {report.ratio_text(row.as_json())}", flush=True)

    def cold_start(self):
        """From exec to the first page, over a mesh that is there; ROAPI reads files and has no mesh."""
        self.mesh.stop()
        self.roapi.stop()
        resting = []

        def weft():
            begun = time.perf_counter()
            self.mesh.start()
            fetch(self.mesh.port("flights") + "?limit=7", self.mesh.reader())
            taken = time.perf_counter() - begun
            resting.append(memory(self.mesh.process.pid))
            self.mesh.stop()
            return taken

        def roapi():
            self.roapi.configure({"flights": self.flights})
            begun = time.perf_counter()
            self.roapi.start()
            wait_for(self.roapi.table("flights_file") + "?limit=7")
            taken = time.perf_counter() - begun
            self.roapi.stop()
            return taken

        self.compare("cold start to the first page", "s", weft, "ROAPI", roapi)
        return resting

    def run(self):
        self.mesh.fill()
        self.flights, self.keys = self.mesh.snapshot("flights"), self.mesh.snapshot("keys")
        self.start_peers()
        groups = (self.pages, self.new_pages, self.keys_, self.whole, self.memory_, self.cold_start)
        for name, group in zip(GROUPS, groups):
            if name in self.only:
                group()

    def stop(self):
        for process in (self.nginx, self.roapi, self.duckdb, self.mesh):
            process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 pairs of 1 s instead of 7 of 2 s")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="only these groups of works")
    parser.add_argument("--document", action="store_true", help="also put the table into docs/reference/performance.md")
    parser.add_argument("--binary", default=str(ROOT / "build/release/weft"))
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("bench: wrk is not there, so nothing can be measured; as root: apt-get install wrk")
    pin_harness()
    out = ROOT / "build/bench"
    with tempfile.TemporaryDirectory(prefix="run-", dir=out) as folder:
        bench = Bench(arguments, Path(folder))
        try:
            bench.run()
        finally:  # what was measured until something broke is worth keeping
            bench.stop()
            results = report.results(bench.rows, bench.absent, bench.versions(), arguments)
            (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
            table = report.table(results)
            (out / "table.md").write_text(table)
            print(table)
            if arguments.document:
                report.write_document(table)


main()
