"""The language of the scenarios: what is written wrong in them fails, rather than holding by chance."""
import json

import pytest
from scenario import Runner, parse


class Answer:
    status_code = 200
    headers = {"ETag": '"1"'}

    def __init__(self, document):
        self.text = json.dumps(document)

    def json(self):
        return json.loads(self.text)


ANSWER = Answer({"id": "7", "none": None, "items": [{"name": "a", "n": 1}, {"name": "b"}]})


def runner(**kept):
    return Runner("http://127.0.0.1:1", {}, kept)


@pytest.mark.parametrize("line", [
    '$.id = "7"', '$.id != "8"', '$.id ~ "7"', '$.id !~ "8"', "$.none = null", "$.items.length = 2", "$.items.length >= 2", '$.items[1].name = "b"',
    '$.items[*].name = ["a", "b"]', '$.items ~ "b"', '$.id = "{seven}"', "$.other absent", "$.items[2] absent", "$.items[1].n absent", "header X absent",
    'header ETag = "\\"1\\""', 'body ~ "items"', 'body !~ "other"', "keep id = $.id", "keep tag = header ETag"])
def test_what_holds(line):
    runner(seven="7").check(line, ANSWER, "")


@pytest.mark.parametrize("line", [
    '$.id = "8"', '$.id != "7"', '$.id ~ "8"', '$.id !~ "7"', "$.items.length >= 3", '$.items[*].name = ["a"]', 'body !~ "items"',
    # What is not there is neither null nor something else.
    "$.other = null", '$.other != "7"', '$.other !~ "7"', "$.items[2] = null", "$.items[*].n = [1]", "$.id.name != 1", "$.id[0] = null", "$.none.length = 0",
    'header X = ""', 'header X !~ "1"', "$.id absent", "$.none absent", "header ETag absent", "body absent",
    # Names that were never kept, things that can't be kept, and lines that are no checks.
    '$.id !~ "{eight}"', "keep other = $.other", "keep none = $.none", "keep Id = $.id", '$.id == "7"', "$.id", "id = null", "boddy absent", '$.it ems !~ "x"', "absent"])
def test_what_does_not_hold(line):
    with pytest.raises(AssertionError):
        runner(seven="7").check(line, ANSWER, "")


def test_what_is_kept_stands_in_later_lines():
    held = runner()
    held.check("keep id = $.id", ANSWER, "")
    assert held.fill('/x/{id}?a={"b": 1}') == '/x/7?a={"b": 1}'
    with pytest.raises(AssertionError, match="nothing was kept as {di}"):
        held.fill("/x/{di}")


def test_a_step_needs_a_method_and_a_status(tmp_path):
    for text in ("ada GET /x", "ada FETCH /x\n=> 200", "# nothing"):
        (tmp_path / "x.scenario").write_text(text + "\n")
        with pytest.raises(AssertionError):
            parse(tmp_path / "x.scenario")
