from pathlib import Path

from fpbench.runs.journal import Entry, Journal


def entry(clip: str, status: str = "done", stage: str = "generate") -> Entry:
    return Entry(stage, clip, "fade", "task", 0, status, error="boom" if status == "failed" else "")


def test_entries_come_back_in_order(tmp_path: Path):
    journal = Journal(tmp_path / "cells.jsonl")
    journal.append([entry("a"), entry("b", "failed")])
    journal.append([entry("c")])
    assert [one.clip for one in journal] == ["a", "b", "c"]
    assert all(one.time.endswith("+00:00") for one in journal)


def test_a_line_cut_by_a_kill_is_skipped_and_not_extended(tmp_path: Path):
    journal = Journal(tmp_path / "cells.jsonl")
    journal.append([entry("a"), entry("b")])
    journal.path.write_bytes(journal.path.read_bytes()[:-9])
    journal.append([entry("c")])
    assert [one.clip for one in journal] == ["a", "c"]


def test_the_latest_outcome_counts(tmp_path: Path):
    journal = Journal(tmp_path / "cells.jsonl")
    journal.append([entry("a", "failed"), entry("b", "failed"), entry("b", "failed", "measure"), entry("a")])
    assert set(journal.failures()) == {("generate", "b"), ("measure", "b")}
