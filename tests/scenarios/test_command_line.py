"""The commands of people, as a person and as a script use them, against a served mesh."""
import http.server
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import threading
import time

import pyarrow.parquet
import pytest
from conftest import BINARY, open_mesh, password, publish
from waiting import PATIENCE, until

PRODUCT = "shop/airports"
ROWS = 1458


class Person:
    """Runs `weft` with a configuration folder of its own, signed in by WEFT_TOKEN unless told otherwise."""

    def __init__(self, mesh, name, home):
        self.mesh, self.name, self.home = mesh, name, home

    def environment(self, token=True):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_") and name not in ("HOME", "XDG_CONFIG_HOME")}
        kept["XDG_CONFIG_HOME"] = str(self.home / self.name)
        if token:
            kept |= {"WEFT_SERVER": self.mesh.url, "WEFT_TOKEN": self.mesh.tokens[self.name]}
        return kept

    def run(self, *arguments, code=0, token=True, **options):
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=120, env=self.environment(token), **options)
        assert done.returncode == code, f"{arguments}: {done.returncode}, not {code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done

    def json(self, *arguments):
        done = self.run(*arguments, "--json")
        return json.loads(done.stdout)

    def on_terminal(self, *arguments, columns=80, answers=(), token=True):
        """Standard input, output and errors are a terminal; answers are typed when a line ends in a colon. What it showed."""
        child, screen = pty.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(self.environment(token) | {"COLUMNS": str(columns)})
            os.execv(BINARY, [str(BINARY), *arguments])
        shown, answers, deadline = b"", list(answers), time.monotonic() + 60
        while time.monotonic() < deadline:
            ready, _, _ = select.select([screen], [], [], 1)
            if ready:
                try:
                    got = os.read(screen, 65536)
                except OSError:
                    break
                if not got:
                    break
                shown += got
                if answers and shown.endswith(b": "):
                    os.write(screen, answers.pop(0).encode() + b"\n")
        os.close(screen)
        _, status = os.waitpid(child, 0)
        return shown.decode(), os.waitstatus_to_exitcode(status)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """One mesh for all: olivia's shop/airports is published; dana, dev and nina are data users."""
    from conftest import Server
    folder = tmp_path_factory.mktemp("command_line")
    csv_folder = BINARY.parent / "share/weft/nycflights13"
    (folder / "weft" / "data").mkdir(parents=True)
    (folder / "weft" / "data" / "weft.toml").write_text(f"[stores]\nfolders = [{json.dumps(str(csv_folder))}]\n")
    mesh = open_mesh(Server(folder / "weft" / "data"))
    publish(mesh, csv_folder, "airports.csv")
    yield {name: Person(mesh, name, folder) for name in mesh.tokens}
    assert mesh.stop() == 0


def test_signing_in_by_password_keeps_a_token_and_signing_out_takes_it_away(people):
    dana, url = people["dana"], people["dana"].mesh.url
    dana.run("login", url, "--name", "dana", "--password-stdin", input=password("dana") + "\n", token=False)
    file = dana.home / "dana" / "weft" / "login.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password("dana") not in file.read_text()
    assert json.loads(dana.run("whoami", "--json", token=False).stdout)["name"] == "dana"
    saved = json.loads(file.read_text())["servers"][url]["token"]
    assert "taken away" in dana.run("logout", token=False).stdout
    dana.run("logout", token=False, code=3)
    assert saved not in file.read_text()
    assert dana.mesh.call("nobody", "GET", "/api/v1/me", headers={"Authorization": "Bearer " + saved}).status_code == 401
    assert "weft login" in dana.run("whoami", token=False, code=3).stderr


def test_what_the_first_administrator_makes_is_the_operators_alone(tmp_path):
    subprocess.run([BINARY, "admin", "create", "ada", "--password-stdin", "--data", tmp_path / "data"], input=password("ada") + "\n", text=True, check=True, capture_output=True)
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]} == {0}


def test_signing_in_to_a_mesh_that_goes_by_another_name(make_server, tmp_path):
    mesh = open_mesh(make_server())
    mesh.stop()
    mesh.environment["WEFT_SERVER_PUBLIC_URL"] = "https://mesh.example.org"
    mesh.start()
    address = "http://" + re.findall(r'"listen":"([^"]+)"', (mesh.data.parent / "server.log").read_text())[-1]
    dana = Person(mesh, "dana", tmp_path / "home")
    dana.run("login", address, "--name", "dana", "--password-stdin", input=password("dana") + "\n", token=False)
    assert json.loads(dana.run("whoami", "--json", token=False).stdout)["name"] == "dana"


def test_signing_in_asks_without_showing_the_password(people):
    nina, url = people["nina"], people["nina"].mesh.url
    shown, code = nina.on_terminal("login", url, answers=["nina", password("nina")], token=False)
    assert code == 0 and "Signed in" in shown and password("nina") not in shown
    shown, code = nina.on_terminal("login", url, answers=["nina", "wrong wrong wrong"], token=False)
    assert code == 3 and "wrong wrong" not in shown
    nina.run("logout", token=False)


@pytest.mark.parametrize("how", ["file", "input", "variable"])
def test_signing_in_by_token(people, how, tmp_path):
    dev, url = people["dev"], people["dev"].mesh.url
    (tmp_path / "token").write_text(dev.mesh.tokens["dev"] + "\n")
    environment = dev.environment(token=False)
    arguments, options = ["login", url + "/"], {}
    if how == "file":
        arguments += ["--token-file", str(tmp_path / "token")]
    elif how == "input":
        options["stdin"] = (tmp_path / "token").open()
    else:
        environment["WEFT_TOKEN"] = dev.mesh.tokens["dev"]
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60, env=environment, **options)
    assert done.returncode == 0, done.stderr
    dev.run("whoami", token=False)
    assert "stays valid" in dev.run("logout", token=False).stdout
    dev.run("whoami")  # a token that was given stays what it was


def test_a_token_of_one_server_is_not_sent_to_another(people):
    dana = people["dana"]
    dana.run("login", dana.mesh.url, "--name", "dana", "--password-stdin", input=password("dana"), token=False)
    other = dana.mesh.url.replace("127.0.0.1", "localhost")
    assert "Nobody is signed in" in dana.run("whoami", "--server", other, token=False, code=3).stderr
    dana.run("logout", token=False)


def test_nobody_is_signed_in(people, tmp_path):
    done = subprocess.run([BINARY, "whoami"], capture_output=True, text=True, env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
    assert done.returncode == 3 and "weft login" in done.stderr


@pytest.mark.parametrize("arguments", [
    [], ["frob"], ["read"], ["read", "airports"], ["read", PRODUCT, "--where", "nothing"], ["read", PRODUCT, "--format", "xls"],
    ["read", PRODUCT, "--limit", "-1"], ["show", "Shop/airports"], ["request", PRODUCT], ["approve"], ["reject", PRODUCT],
    ["approve", PRODUCT, "--until", "soon"], ["search", "--limit", "0"], ["search", "--type", "ghost"], ["usage", "nobody"],
    ["products"], ["products", "publish"], ["products", "publish", "-f", "/nothing/there.yaml"], ["login", "mesh.example.org"],
    ["login", "http://dana:secret@127.0.0.1"], ["whoami", "--server", "ftp://x"], ["login", "--password", "x"],
    ["read", PRODUCT, "--offset", "1.5"], ["read", PRODUCT, "--limit", "9" * 30],
    ["usage", "--from", "x"], ["usage", "--to", "2026-02-30"], ["usage", "--from", ""], ["usage", "days", "--rollup"], ["usage", "--product", PRODUCT],
    ["request", PRODUCT, "--purpose", ""], ["request", PRODUCT, "--purpose", " \t"], ["request", PRODUCT, "--purpose", "x" * 4001],
    ["request", PRODUCT, "--purpose", "Work.", "--for-domain", ""], ["reject", PRODUCT, "--comment", " "], ["approve", PRODUCT, "--comment", " "],
    ["approve", PRODUCT, "--row-filter", ""], ["approve", PRODUCT, "--hide", ""], ["approve", PRODUCT, "--until", ""],
    ["approve", PRODUCT, "--until", "2020-01-01"], ["approve", PRODUCT, "--for", ""], ["revoke", PRODUCT, "--reason", " "],
    ["search", "--cursor", "nonsense"], ["login", "http://127.0.0.1:1", "--token-file", "/nothing/there"], ["whoami", "--ca-file", "/nothing/there"],
    ["admin", "create", "Bob Smith", "--data", "/nothing/there"], ["admin", "create", "bob", "--email", "x", "--data", "/nothing/there"]])
def test_what_is_written_wrong_is_said_on_standard_error(people, arguments):
    done = people["dana"].run(*arguments, code=2)
    assert done.stdout == "" and done.stderr and len(done.stderr) < 3000
    assert "URL, +" not in done.stderr and len(set(done.stderr.splitlines())) == len(done.stderr.splitlines()), "fit for a shell, once"


def test_a_condition_that_cannot_be_read_is_written_wrong(people):
    for option in (["--select", "faa,("], ["--where", "faa=nothing"], ["--order", "faa.sideways"]):
        assert people["olivia"].run("read", PRODUCT, *option, code=2).stderr


def test_search_lists_in_tables_and_json(people):
    dana = people["dana"]
    found = dana.json("search", "airports")
    assert [item["name"] for item in found["items"]] == ["airports"] and found["next"] is None
    assert found == dana.mesh.call("dana", "GET", "/api/v1/search?q=airports").json(), "what the API answered, whole"
    assert "shop" in dana.run("search").stdout
    assert dana.run("search", "zzzz").stdout == ""
    first = dana.json("search", "--limit", "1")
    assert len(first["items"]) == 1 and first["next"]
    rest = dana.json("search", "--all", "--cursor", first["next"])
    everything = dana.json("search", "--all")
    assert first["items"] + rest["items"] == everything["items"]
    assert dana.json("search", "--type", "domain", "--domain", "shop")["items"][0]["type"] == "domain"
    assert dana.json("search", "--tag", "nothing")["items"] == []
    assert people["ada"].json("usage", "domains")["as_of"]


def test_show_tells_what_a_product_is(people):
    shown = people["dana"].run("show", PRODUCT, "--sample").stdout
    assert "1458 rows" in shown and "tzone" in shown and "Lansdowne" in shown
    assert people["dana"].json("products", "show", PRODUCT)["name"] == "airports"
    people["dana"].run("show", "shop/nothing", code=4)
    people["dana"].run("show", PRODUCT + "/nothing", code=4)
    people["zoe"].run("show", PRODUCT, code=3)


def test_asking_deciding_reading_and_every_end(people, tmp_path):
    dana, dev, grace, rita, olivia = (people[name] for name in ("dana", "dev", "grace", "rita", "olivia"))
    refused = dana.run("read", PRODUCT, code=3)
    assert refused.stdout == "" and "weft request shop/airports" in refused.stderr
    asked = dana.json("request", PRODUCT, "--purpose", "Map of destinations.")
    assert asked["state"] == "pending"
    assert "open request" in dana.run("request", PRODUCT, "--purpose", "Again.", code=1).stderr
    dana.run("approve", PRODUCT, code=3)
    assert asked["id"] in grace.run("requests", "--state", "pending").stdout
    assert "Map of destinations." in grace.run("requests", asked["id"]).stdout
    dana.run("withdraw", PRODUCT, "--reason", "Not needed.")
    grace.run("approve", PRODUCT, code=4)
    grace.run("approve", asked["id"], code=1)  # already decided

    dana.run("request", PRODUCT, "--purpose", "Map.")
    dev.run("request", PRODUCT, "--purpose", "Time zones.")
    several = grace.run("approve", PRODUCT, code=2)
    assert "dana: Map." in several.stderr and "dev: Time zones." in several.stderr
    grace.run("reject", PRODUCT, "--for", "dev", "--comment", "Please say more.")
    assert "Please say more." in dev.run("requests", dev.json("requests")["items"][0]["id"]).stdout
    assert "shop / airports" in dev.run("inbox").stdout
    limited = grace.json("approve", PRODUCT, "--comment", "East only.", "--row-filter", "tz=eq.-5", "--hide", "lat", "--hide", "lon", "--until", "90d")
    assert limited["limits"]["hidden_columns"] == ["lat", "lon"] and limited["limits"]["ends_at"]

    rows = json.loads(dana.run("read", PRODUCT, "--format", "json").stdout)
    assert 0 < len(rows) < ROWS and {row["tz"] for row in rows} == {-5} and "lat" not in rows[0]
    assert "lat" in dana.run("read", PRODUCT, "--select", "lat", code=1).stderr
    dana.run("return", PRODUCT)
    dana.run("read", PRODUCT, code=3)
    dana.run("return", PRODUCT, code=4)

    dana.run("request", PRODUCT, "--purpose", "All of it.")
    grace.run("approve", PRODUCT)
    dana.run("read", PRODUCT, "-o", str(tmp_path / "a.parquet"))
    dana.run("revoke", PRODUCT, "--for", "dana", code=3)
    olivia.run("revoke", PRODUCT, "--for", "dana", "--reason", "Enough.")
    dana.run("read", PRODUCT, code=3)
    assert "airports" in rita.run("requests", "--product", PRODUCT, "--state", "revoked").stdout


def test_reading_in_every_format(people, tmp_path):
    olivia = people["olivia"]
    query = ["--select", "faa,height:alt", "--where", "alt=gt.5000", "--where", "tz=eq.-7", "--order", "alt.desc", "--limit", "5"]
    rows = json.loads(olivia.run("read", PRODUCT, *query, "--json").stdout)
    assert len(rows) == 5 and rows == sorted(rows, key=lambda row: -row["height"])
    lines = olivia.run("read", PRODUCT + "/airports", *query, "--format", "ndjson").stdout.splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert olivia.run("read", PRODUCT, *query).stdout.splitlines() == ["faa,height"] + [f"{row['faa']},{row['height']}" for row in rows]
    assert olivia.run("read", PRODUCT, *query, "--compressed").stdout == olivia.run("read", PRODUCT, *query).stdout
    for name in ("all.parquet", "all.arrow", "all.csv", "all.json", "all.ndjson"):
        assert olivia.run("read", PRODUCT, "-o", str(tmp_path / name)).stdout == ""
    assert pyarrow.parquet.read_table(tmp_path / "all.parquet").num_rows == ROWS
    with pyarrow.ipc.open_stream(tmp_path / "all.arrow") as stream:
        assert stream.read_all().num_rows == ROWS
    assert len((tmp_path / "all.csv").read_text().splitlines()) == ROWS + 1
    assert len(json.loads((tmp_path / "all.json").read_text())) == ROWS
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["all.parquet", "all.arrow", "all.csv", "all.json", "all.ndjson"])
    olivia.run("read", PRODUCT, "-o", str(tmp_path / "missing" / "x.csv"), code=1)
    olivia.run("read", PRODUCT, "--where", "nothing=eq.1", "-o", str(tmp_path / "refused.csv"), code=1)
    assert not (tmp_path / "refused.csv").exists()
    assert olivia.run("read", "shop/nothing/nothing", code=4).stdout == ""


def test_a_table_fits_the_terminal(people):
    olivia = people["olivia"]
    for columns, lines in ((100, 21), (60, 20 * 9 - 1)):  # too narrow for the numbers alone: a block a row
        shown, code = olivia.on_terminal("read", PRODUCT, "--limit", "20", columns=columns)
        assert code == 0 and len(shown.splitlines()) == lines and max(map(len, shown.splitlines())) <= columns
        assert ("…" in shown) == (columns == 100)
    shown, _ = olivia.on_terminal("search")
    assert max(map(len, shown.splitlines())) <= 80 and shown.startswith("TYPE")
    shown, code = olivia.on_terminal("read", PRODUCT, "--format", "parquet")
    assert code == 2 and "-o FILE" in shown


def test_a_reader_that_goes_away_is_no_failure(people):
    olivia = people["olivia"]
    for arguments in (["read", PRODUCT], ["search", "--json"], ["show", PRODUCT]):
        source, sink = os.pipe()
        os.close(source)
        done = subprocess.run([BINARY, *arguments], stdout=sink, stderr=subprocess.PIPE, text=True, timeout=60, env=olivia.environment())
        os.close(sink)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["search"], ["whoami", "--json"], ["read", PRODUCT], ["show", PRODUCT], ["--help"], ["config", "docs"], ["routes"]])
def test_a_closed_output_is_a_failure_and_takes_no_other_descriptor(people, arguments):
    for how in (">&-", ">/dev/full"):
        done = subprocess.run(["sh", "-c", f'exec "$@" {how}', "sh", BINARY, *arguments], capture_output=True, text=True, timeout=60, env=people["olivia"].environment())
        assert done.returncode == 1 and "can't be written" in done.stderr and done.stdout == "", (how, done)
    done = subprocess.run(["sh", "-c", 'exec "$@" <&- 2>&-', "sh", BINARY, *arguments], capture_output=True, text=True, timeout=60, env=people["olivia"].environment())
    assert done.returncode == 0 and done.stdout and done.stderr == ""


def test_a_file_is_written_whole_though_the_output_is_closed(people, tmp_path):
    whole, closed = tmp_path / "whole.csv", tmp_path / "closed.csv"
    people["olivia"].run("read", PRODUCT, "-o", str(whole))
    subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", BINARY, "read", PRODUCT, "-o", closed], check=True, timeout=60, env=people["olivia"].environment())
    assert whole.read_bytes() == closed.read_bytes()


class Stalling(http.server.BaseHTTPRequestHandler):
    """Promises much, sends the beginning of it, and then nothing more."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"faa,name\nJFK,John F Kennedy Intl\n")
        self.server.over.wait(PATIENCE)

    def log_message(self, *_):
        pass


@pytest.fixture
def stalling():
    """The address of a server whose downloads begin and never end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
    server.over = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_an_interrupted_download_leaves_nothing(people, stalling, tmp_path, how):
    environment = people["olivia"].environment() | {"WEFT_SERVER": stalling}
    process = subprocess.Popen([BINARY, "read", PRODUCT + "/airports", "-o", tmp_path / "x.csv"], env=environment, stderr=subprocess.PIPE)
    try:
        until(lambda: [file for file in tmp_path.glob("*.part") if file.stat().st_size], "the first bytes are in an unfinished file")
        assert process.poll() is None
        process.send_signal(how)
        assert process.wait(timeout=PATIENCE) == -how
        assert list(tmp_path.iterdir()) == []
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


YAML = """\
domain: shop
name: high-airports
title: High airports
description: One row is one airport above 5,000 feet.
tags: [geography]
elements:
  - name: by_zone
    title: Airports by zone
    sql: SELECT tz, count(*) AS airports FROM airports GROUP BY tz
    ingredients: [airports]
ingredients: [airports, by_zone]
ports:
  - name: high
    sql: SELECT faa, name, alt FROM airports WHERE alt > 5000
    columns: [faa, {source: alt, name: height, description: In feet.}]
  - name: zones
    ingredient: by_zone
"""


def test_publishing_a_file_makes_changes_and_repeats_nothing(people, tmp_path):
    olivia, file = people["olivia"], tmp_path / "product.yaml"
    file.write_text(YAML)
    made = olivia.json("products", "publish", "-f", str(file))
    assert made["product"]["version"] == 1 and made["run"]["state"] == "succeeded"
    assert "Unchanged" in olivia.run("products", "publish", "-f", str(file)).stdout
    assert olivia.run("read", "shop/high-airports/high", "--limit", "1").stdout.startswith("faa,height")
    several = olivia.run("read", "shop/high-airports", code=2)
    assert "high, zones" in several.stderr
    file.write_text(YAML.replace("alt > 5000", "alt > 7000").replace("count(*) AS airports", "count(*) AS airports, max(alt) AS highest"))
    assert "version 2" in olivia.run("products", "publish", "-f", "-", stdin=file.open()).stdout
    assert all(row["height"] > 7000 for row in json.loads(olivia.run("read", "shop/high-airports/high", "--json").stdout))
    assert "highest" in olivia.run("read", "shop/high-airports/zones").stdout
    assert olivia.json("products", "publish", "shop/high-airports", "--again")["product"]["version"] == 3
    olivia.run("products", "refresh", "shop/high-airports")
    people["dana"].run("products", "publish", "-f", str(file), code=3)
    people["wanda"].run("products", "refresh", "shop/high-airports", code=3)
    olivia.run("products", "deprecate", "shop/high-airports")
    assert "reinstate" in olivia.run("products", "publish", "shop/high-airports", "--again", code=1).stderr
    olivia.run("products", "reinstate", "shop/high-airports")
    assert "version 4" in olivia.run("products", "publish", "shop/high-airports", "--again").stdout
    olivia.run("products", "retire", "shop/high-airports")
    assert [item["name"] for item in olivia.json("products", "list", "--state", "retired")["items"]] == ["high-airports"]
    assert "retired" in olivia.run("read", "shop/high-airports/high", code=3).stderr
    assert olivia.run("products", "publish", "-f", str(file), code=1).stdout == ""


def test_publishing_says_all_that_is_wrong_with_its_line(people, tmp_path):
    olivia, file = people["olivia"], tmp_path / "broken.yaml"
    file.write_text(YAML.replace("high-airports", "broken").replace("title: High airports", "title: ''").replace("alt > 5000", "altt > 5000")
                    .replace("ingredient: by_zone", "ingredient: nothing"))
    said = olivia.run("products", "publish", "-f", str(file), code=1).stderr
    for place in ("broken.yaml:3: title", "broken.yaml:14: ports[0].sql", "broken.yaml:17: ports[1].ingredient"):
        assert place in said, said
    file.write_text(YAML.replace("ingredients: [airports, by_zone]", "ingredients: [airports, ghost]").replace("high-airports", "broken"))
    assert "broken.yaml:11: ingredients[1].element" in olivia.run("products", "publish", "-f", str(file), code=1).stderr
    file.write_text(YAML.replace("GROUP BY tz", "GROUP BY none").replace("title: High airports", "title: ''").replace("high-airports", "broken"))
    said = olivia.run("products", "publish", "-f", str(file), code=1).stderr
    assert "The element by_zone can't be made" in said and "broken.yaml:9: elements[0].sql" in said and "broken.yaml:3: title" in said, said
    file.write_text(YAML.replace("high-airports", "broken").replace("ingredients: [airports, by_zone]", "ingredients: [airports, by_zone, ghost]").replace("GROUP BY tz", "GROUP BY none").replace(
        "ingredients: [airports]\n", "ingredients: [airports]\n  - {name: on_it, sql: SELECT * FROM by_zone, ingredients: [by_zone]}\n  - {name: other, sql: SELECT, ingredients: [airports]}\n"))
    said = olivia.run("products", "publish", "-f", str(file), code=1).stderr
    assert "The elements by_zone, other can't be made" in said, said
    assert [line.split(": ")[1] for line in said.splitlines() if line.startswith("  broken.yaml:")] == ["elements[0].sql", "elements[2].sql", "ingredients[2].element"], said
    file.write_text(YAML + "    name: again\n")
    assert "broken.yaml: Line 18, column 5: 'name' is there twice" in olivia.run("products", "publish", "-f", str(file), code=1).stderr
    file.write_text("domain: shop\nname: [\n")
    assert "broken.yaml: Line 3" in olivia.run("products", "publish", "-f", str(file), code=1).stderr
    file.write_text(YAML.replace("rate", "rates") + "rates: {}\n")
    assert "broken.yaml:18: rates" in olivia.run("products", "publish", "-f", str(file), code=1).stderr


def test_usage_and_runs(people):
    ada, olivia, dana = people["ada"], people["olivia"], people["dana"]
    olivia.run("read", PRODUCT, "--limit", "1")
    assert any(item["domain"] == "shop" and item["hits"] > 0 for item in ada.json("usage")["items"])
    assert "shop/airports" in ada.run("usage", "products").stdout
    assert "olivia" in olivia.run("usage", "readers", "--product", PRODUCT).stdout
    assert ada.json("usage", "domains", "--to", "2020-01-01")["items"] == []
    dana.run("usage", code=3)
    runs = olivia.json("runs", "--product", PRODUCT)["items"]
    assert runs and runs[-1]["kind"] == "publish"
    assert "succeeded" in olivia.run("runs", runs[-1]["id"]).stdout
    dana.run("runs", code=3)
    olivia.run("runs", "01932f60-1e5b-7cc1-9c0f-3d8f6ad0b5b1", code=4)


def test_completion_knows_the_commands():
    script = subprocess.run([BINARY, "completion"], capture_output=True, text=True, check=True, timeout=60).stdout
    wanted = 'COMP_WORDS=(weft products pu); COMP_CWORD=2; _weft; echo "${COMPREPLY[@]}"; COMP_WORDS=(weft read --sel); _weft; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script + wanted], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["publish", "--select"]


def test_every_command_explains_itself():
    def commands(*path):
        text = subprocess.run([BINARY, *path, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
        assert text.strip(), path
        names = re.findall(r"^  ([a-z]+)  +", "".join(part for part in re.split(r"^(?=\w)", text, flags=re.M) if "Positionals:" not in part), re.M)
        return text, names
    _, names = commands()
    people_commands = {"login", "logout", "whoami", "search", "show", "read", "request", "requests", "inbox", "approve", "reject", "withdraw", "revoke",
                       "return", "usage", "runs"}
    assert people_commands <= set(names)
    for name in people_commands:
        assert "Examples:" in commands(name)[0], name


def test_pages_for_browsers_need_nothing_from_outside(people):
    call = people["dana"].mesh.call
    for path in ("/", "/docs", "/password", "/requests/01932f60", "/runs/01932f60"):
        page = call("nobody", "GET", path)
        assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html"), path
        assert "default-src 'none'" in page.headers["Content-Security-Policy"] and "unsafe-inline'; img" in page.headers["Content-Security-Policy"]
        parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert parts and not re.search(r"<script>|<style>| style=| on\w+=", page.text)
        for part in set(parts) - {"data:,"}:
            assert part.startswith("/"), f"{path} wants {part} from elsewhere"
            assert call("nobody", "GET", part).status_code == 200, part
    bundle = call("nobody", "GET", "/docs/swagger-ui-bundle.js")
    assert bundle.headers["Content-Type"].startswith("text/javascript") and len(bundle.content) > 1_000_000
    assert call("nobody", "GET", "/docs/swagger-ui-bundle.js", headers={"If-None-Match": bundle.headers["ETag"]}).status_code == 304
    assert call("nobody", "GET", "/docs/nothing.js").status_code == 404


def test_config_takes_the_flags_of_serve(tmp_path):
    def config(verb, *flags):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
        return subprocess.run([BINARY, "config", verb, "--data", tmp_path, *flags], capture_output=True, text=True, timeout=60, env=kept)

    (tmp_path / "weft.toml").write_text('[log]\nlevel = "loud"\n')
    refused = config("check", "--listen", "nowhere", "--mail.smtp-user", "u", "--server.max-head", "1", "--snapshots.keep", "0")
    assert refused.returncode == 1
    places = [line.split(": ")[0].strip() for line in refused.stderr.splitlines() if line.startswith("  ") and ": " in line]
    assert places == ["--listen", "--server.max-head", "--snapshots.keep", "--mail.smtp-user", f"{tmp_path}/weft.toml:2"], refused.stderr

    (tmp_path / "weft.toml").write_text('[log]\nlevel = "info"\n')
    assert config("check", "--listen", "127.0.0.1:0", "--log.level", "debug").returncode == 0
    assert config("check", "--listen", "nowhere").returncode == 2
    # Who can be reached by others is warned that links lead nowhere.
    for address, *flags in ["127.0.0.1:0"], ["[::1]:0"], ["localhost:0"], ["0.0.0.0:8080", "--server.public-url", "https://mesh.example.org"]:
        assert "warning" not in config("check", "--listen", address, *flags).stdout, address
    for address in "0.0.0.0:8080", "[::]:8080", "mesh.example.org:443":
        assert re.search(f"^warning: --listen {re.escape(address)} .*server.public_url", config("check", "--listen", address).stdout, re.M), address
    # So does the server when it starts; this address is nobody's, so that it goes no further.
    started = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--listen", "192.0.2.1:0"], capture_output=True, text=True, timeout=60)
    assert started.returncode != 0 and "--listen 192.0.2.1:0 can be reached by others" in started.stderr, started.stderr
    shown = config("show", "--listen", "127.0.0.1:0", "--log.level", "debug", "--server.public-url", "https://mesh.example.org").stdout
    assert re.search(r"^log\.level +debug +--log\.level$", shown, re.M), shown
    assert re.search(r"^server\.public_url +https://mesh\.example\.org +--server\.public-url$", shown, re.M), shown
