"""The names of Table 1 against the recorded table, and the page that shows what they cost."""

import csv
from pathlib import Path

from fpbench.framepack import Pack
from fpbench.framepack.paper import table, table_one

ROOT = Path(__file__).parents[2]


def test_the_names_are_those_of_the_recorded_table() -> None:
    with (ROOT / "results" / "paper" / "framepack_tables.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["paper_version"] == "v1" and row["table"] == "1"]
    assert [str(pack) for pack in table_one()] == list(dict.fromkeys(row["variant"] for row in rows))


def test_every_name_has_a_discrete_twin() -> None:
    for pack in table_one():
        twin = Pack.parse(f"{pack}+D")
        assert twin.discrete
        assert str(twin) == f"{pack}+D"


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "packs.md").read_text(encoding="utf-8") == table() + "\n"
