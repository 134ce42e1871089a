"""The manual's pages that are made from code are current, and complete; ``FPBENCH_GOLDEN=write`` renews them."""

import os
import re
from pathlib import Path

import pytest
from typer.main import get_command

from fpbench.cli import app
from fpbench.cli.reference import Page, make_page
from fpbench.protocol import Protocol
from fpbench.report.layout import Layout

DOCS = Path(__file__).parents[2] / "docs"
FILES = {Page.cli: "cli.md", Page.protocol: "protocol.md", Page.layout: "layout.md"}


@pytest.mark.parametrize("page", Page)
def test_the_page_is_up_to_date(page: Page):
    path = DOCS / FILES[page]
    if os.environ.get("FPBENCH_GOLDEN") == "write":
        path.write_text(make_page(page), encoding="utf-8")
    assert path.read_text("utf-8") == make_page(page)


def test_every_command_and_option_is_told():
    page = make_page(Page.cli)
    for name, command in get_command(app).commands.items():
        assert f"## fpbench {name}" in page
        for one in getattr(command, "params", []):
            assert one.name == "help" or one.param_type_name == "argument" or f"`{one.opts[0]}" in page
    assert meanings(page)
    assert all(meanings(page))


@pytest.mark.parametrize(("page", "model"), [(Page.protocol, Protocol), (Page.layout, Layout)])
def test_every_key_of_a_file_is_told_and_has_a_meaning(page: Page, model: type):
    text = make_page(page)
    for field in model.model_fields:
        assert re.search(rf"^\| `{field}` \|", text, re.MULTILINE), field
    assert all(meanings(text, column=4))


def test_bounds_and_defaults_are_told():
    assert "| `count` | integer ≥ 1 | required |" in make_page(Page.protocol)


def meanings(page: str, column: int = 2) -> list[str]:
    """What the rows of the tables of a page say in one of their columns."""
    return [line.split(" | ")[column - 1].strip(" |") for line in page.splitlines() if line.startswith("| `")]


def test_every_link_and_command_of_the_manual_exists():
    commands = get_command(app).commands
    for path in [*DOCS.glob("*.md"), DOCS.parent / "README.md"]:
        text = path.read_text("utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
        shell = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
        for name in re.findall(r"^fpbench ([a-z]+)", shell, re.MULTILINE):
            assert name in commands, f"{path.name}: fpbench {name}"


def test_every_page_of_the_manual_is_in_its_index():
    index = (DOCS / "README.md").read_text("utf-8")
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= set(re.findall(r"\]\((\w+\.md)\)", index))
