import json
import os
import stat

import pytest

from simulator.report.export import to_json
from simulator.report.files import write_whole


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "results.json"
    write_whole(target, b"old")

    def fails(source, destination):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_files_have_the_usual_rights(tmp_path):
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_json_keeps_lists_of_numbers_on_a_line():
    plain = {"name": "清理 [x]", "values": [1.0, None, 3e-9], "more": [{"a": []}], "words": ["a, b", "c"]}
    text = to_json(plain)
    assert '"values": [1.0, null, 3e-09]' in text
    assert json.loads(text) == plain
    with pytest.raises(ValueError, match="Out of range"):
        to_json({"x": float("nan")})
