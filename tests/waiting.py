"""Waiting for what is to come: never by the clock, and never for ever."""
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
