"""Waiting for what is to come: never by the clock, and never for ever."""
import re
import time

PATIENCE = 120  # seconds: what takes long on a busy machine has not failed
OPEN = ("queued", "running")


def until(condition, what, seconds=PATIENCE):
    """Asks until the answer is no longer empty or false, and returns it; `what` says what was waited for."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.02)
    return answer


def wait_for_run(mesh, run, who="olivia", seconds=PATIENCE):
    """The run, once it has ended."""
    def ended():
        answer = mesh.call(who, "GET", f"/api/v1/runs/{run}")
        assert answer.status_code == 200, answer.text
        return answer.json()["state"] not in OPEN and answer.json()

    return until(ended, f"the run {run} has ended", seconds)


# What the server does again and again, by a statement that each of its rounds ends or begins with.
DISPATCHING, QUEUEING_WHAT_IS_DUE, KEEPING_HOUSE, MAILING, FOLLOWING = "run.queued", "run.due", "subscription.next_end", "outbox.due", "audit.head"


def wait_for_rounds(mesh, *jobs):
    """Until the server has gone about each of these once more from the beginning: what it would do, it has done then."""
    def done(job):
        found = re.search(rf'^weft_store_statement_seconds_count{{statement="{re.escape(job)}"}} (\d+)', mesh.call("nobody", "GET", "/metrics").text, re.MULTILINE)
        return int(found[1]) if found else 0

    before = {job: done(job) for job in jobs}
    for job in jobs:
        # The first may belong to a round that began before; the third is there when the second is over.
        until(lambda job=job: done(job) >= before[job] + 3, f"the server has gone about {job} again")
