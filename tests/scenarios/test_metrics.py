"""What an operator is woken by: the series of /metrics that tell of trouble move when there is some."""
import re

import requests
from conftest import open_mesh
from run_steps import make_table, make_view, refresh, wait_for_runs
from waiting import until


def value(server, series):
    text = requests.get(f"{server.url}/metrics", timeout=60).text
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.M)
    return float(found[1]) if found else None


def test_failed_runs_and_mails_that_nobody_takes_show(make_server, tmp_path):
    nobody = {"WEFT_MAIL_SMTP_HOST": "127.0.0.1", "WEFT_MAIL_SMTP_PORT": "1", "WEFT_MAIL_SMTP_SECURITY": "none"}
    mesh = open_mesh(make_server(environment=nobody))
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "view", sql="SELECT * FROM rows")
    until(lambda: value(mesh, 'weft_runs_total{state="succeeded"}') == 1, "the run is counted")
    assert value(mesh, 'weft_runs_total{state="failed"}') == value(mesh, "weft_mails_waiting") == value(mesh, "weft_hits_journal_broken") == 0
    (tmp_path / "a" / "rows.csv").unlink()
    refresh(mesh, view)
    assert wait_for_runs(mesh, view)["state"] == "failed"
    until(lambda: value(mesh, 'weft_runs_total{state="failed"}') == 1, "the failed run is counted")
    until(lambda: value(mesh, "weft_mails_waiting") == 1, "the mail is counted")
    assert value(mesh, 'weft_mails_total{state="sent"}') == value(mesh, 'weft_mails_total{state="failed"}') == value(mesh, "weft_lease_lost") == 0
