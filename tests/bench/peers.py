"""What Weft is measured beside. Each peer says what it is, or why it is not there."""
import importlib.metadata
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from load import LOAD_CPU, SERVER_CPU, fetch, pin

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url):
    begun = time.monotonic()
    while True:
        try:
            return fetch(url)
        except (OSError, IndexError):
            assert time.monotonic() - begun < 60, f"{url} does not answer"
            time.sleep(0.005)


class Process:
    """A server of this run, stopped by its own pid."""
    process = None

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)


class Nginx(Process):
    """Serves bytes as files: what a page could cost at least."""

    def __init__(self, folder):
        unpacked = ROOT / "build/bench/nginx/usr/sbin/nginx"
        self.program = shutil.which("nginx") or (unpacked if unpacked.exists() else None)
        self.folder = folder

    def version(self):
        if not self.program:
            return None
        return subprocess.run([self.program, "-v"], capture_output=True, text=True).stderr.strip().split(": ")[1]

    def start(self, files):
        """files: name → bytes."""
        (self.folder / "www").mkdir(parents=True)
        for name, content in files.items():
            (self.folder / "www" / name).write_bytes(content)
        port, temporary = free_port(), "\n".join(f"  {kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""
worker_processes 1; daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 1024; }}
http {{
{temporary}
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; etag on;
  open_file_cache max=100 inactive=60s; open_file_cache_valid 60s; types {{ application/json json; }}
  server {{ listen 127.0.0.1:{port}; root {self.folder}/www; }}
}}
""")
        # World-readable paths are not asked for: as root nginx would drop to another user only with a master process.
        self.process = subprocess.Popen([self.program, "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf"], preexec_fn=pin(SERVER_CPU))
        self.url = f"http://127.0.0.1:{port}"
        wait_for(f"{self.url}/{next(iter(files))}")


class Roapi(Process):
    """Static files as an API, all in memory, without users."""
    FORMATS = {"JSON": "application/json", "CSV": "application/csv", "Arrow": "application/vnd.apache.arrow.stream", "Parquet": "application/parquet"}

    def __init__(self, folder):
        self.program, self.folder = Path(sys.executable).parent / "roapi", folder

    def version(self):
        try:
            return f"ROAPI {importlib.metadata.version('roapi')}" if self.program.exists() else None
        except importlib.metadata.PackageNotFoundError:
            return None

    def configure(self, tables):
        """tables: name → Parquet file; of each also one that is read from the file each time: name_file."""
        self.folder.mkdir(exist_ok=True)
        ports = [free_port() for _ in range(3)]
        self.url = f"http://127.0.0.1:{ports[0]}"
        listed = [{"name": name + suffix, "uri": str(file), "option": {"format": "parquet", "use_memory_table": not suffix}}
                  for name, file in tables.items() for suffix in ("", "_file")]
        # JSON is YAML.
        (self.folder / "roapi.yml").write_text(json.dumps({
            "addr": {"http": f"127.0.0.1:{ports[0]}", "postgres": f"127.0.0.1:{ports[1]}", "flight_sql": f"127.0.0.1:{ports[2]}"}, "tables": listed}))

    def start(self):
        self.process = subprocess.Popen([self.program, "-c", self.folder / "roapi.yml"], stdout=(self.folder / "roapi.log").open("a"),
                                        stderr=subprocess.STDOUT, preexec_fn=pin(SERVER_CPU))

    def table(self, name):
        return f"{self.url}/api/tables/{name}"


DUCKDB = """
import duckdb, json, sys, time
con = duckdb.connect(config={"threads": 1})
con.execute("SET enable_progress_bar = false")
for line in sys.stdin:
    asked = json.loads(line)
    begun = time.perf_counter()
    con.execute(asked["sql"], asked.get("params") or []).fetchall()
    print(time.perf_counter() - begun, flush=True)
"""


class Duckdb(Process):
    """In a process of its own, on the processor where servers run otherwise; one thread, as they have one processor."""

    def version(self):
        try:
            return f"DuckDB {importlib.metadata.version('duckdb')}"
        except importlib.metadata.PackageNotFoundError:
            return None

    def start(self):
        self.process = subprocess.Popen([sys.executable, "-c", DUCKDB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pin(SERVER_CPU))

    def seconds(self, sql, params=None):
        self.process.stdin.write(json.dumps({"sql": sql, "params": params}) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


SEND_LOOP = """
import socket, sys
content = memoryview(open(sys.argv[1], "rb").read())
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.recv(65536)
    connection.sendall(content)
    connection.close()
"""


class SendLoop(Process):
    """The same bytes from memory by send() and nothing else: the ceiling of any server on a socket."""

    def start(self, file):
        self.process = subprocess.Popen([sys.executable, "-c", SEND_LOOP, file], stdout=subprocess.PIPE, text=True, preexec_fn=pin(SERVER_CPU))
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}/"


def pin_harness():
    pin(LOAD_CPU)()
