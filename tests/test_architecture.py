"""The road through the house is one-way: who may import whom, read from the syntax trees, and how files look."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import fpbench

ROOT = Path(__file__).parents[1]
PACKAGES = ("fpbench", "baselines", "dashboard")
MAX_LINES = 400
MODELS = ("fpbench.models", "fpbench.framepack", "fpbench.sampling", "fpbench.training", "fpbench.systems", "diffusers")

# package -> what nothing in it may reach, directly or through other modules of the project
FORBIDDEN = {
    "fpbench": ("baselines", "dashboard", "streamlit", "tests"),
    "fpbench.worlds": (*MODELS, "fpbench.metrics", "fpbench.runs", "fpbench.report", "fpbench.cli"),
    "fpbench.models": ("fpbench.metrics", "fpbench.runs", "fpbench.report", "fpbench.cli"),
    "fpbench.metrics": (*MODELS, "fpbench.runs", "fpbench.report", "fpbench.cli"),
    "fpbench.stats": ("torch", *MODELS, "fpbench.metrics", "fpbench.preference", "fpbench.runs", "fpbench.cli"),
    "fpbench.preference": ("torch", *MODELS, "fpbench.metrics", "fpbench.cli"),
    "fpbench.report": ("fpbench.cli",),
    "fpbench.runs": ("fpbench.cli",),
}
# package -> the only project and third-party modules that its own files may name
ALLOWED = {"fpbench.framepack": ("torch", "fpbench.framepack")}


def sources(root: Path) -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    files = (file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))
    return {".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def imports(file: Path) -> set[str]:
    """Dotted names that a file imports anywhere, also inside functions; of ``from a import b`` both a and a.b.

    Imports that only a type checker sees are left out.
    """
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def inside(name: str, packages: tuple[str, ...] | str) -> bool:
    """Whether a dotted name is one of the packages or lies in one."""
    packages = (packages,) if isinstance(packages, str) else packages
    return any(name == package or name.startswith(package + ".") for package in packages)


def chains(start: str, modules: dict[str, Path]) -> Iterator[tuple[str, ...]]:
    """Import chains from a module through the project to every name it reaches, each name once.

    The package ``fpbench`` itself is not followed: whatever is imported passes through it, and it loads lazily.
    """
    waiting, seen = [(start,)], {start}
    while waiting:
        chain = waiting.pop(0)
        for name in sorted(imports(modules[chain[-1]]) - seen):
            seen.add(name)
            yield (*chain, name)
            if name in modules and name != "fpbench":
                waiting.append((*chain, name))


def forbidden(root: Path) -> list[str]:
    modules = sources(root)
    return [
        " -> ".join(chain)
        for package, banned in FORBIDDEN.items()
        for module in modules
        if inside(module, package)
        for chain in chains(module, modules)
        if inside(chain[-1], banned)
    ]


def not_allowed(root: Path) -> list[str]:
    return [
        f"{module} -> {name}"
        for package, allowed in ALLOWED.items()
        for module, file in sources(root).items()
        if inside(module, package)
        for name in sorted(imports(file))
        if name.split(".")[0] not in sys.stdlib_module_names and not inside(name, allowed)
    ]


def not_public(root: Path) -> list[str]:
    """A baseline of ours sees what a stranger's package would: the names that ``fpbench`` itself offers."""
    public = ("baselines", *(f"fpbench.{name}" for name in fpbench.__all__))
    return [
        f"{module} -> {name}"
        for module, file in sources(root).items()
        if inside(module, "baselines")
        for name in sorted(imports(file))
        if inside(name, PACKAGES) and name != "fpbench" and not inside(name, public)
    ]


Rule = Callable[[Path], list[str]]
RULES: list[Rule] = [forbidden, not_allowed, not_public]


@pytest.mark.parametrize("rule", RULES)
def test_imports_follow_the_plan(rule: Rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(
    ("files", "rule", "found"),
    [
        ({"fpbench/stats/a.py": "def f():\n    import torch.nn"}, forbidden, "fpbench.stats.a -> torch.nn"),
        (
            {"fpbench/preference/a.py": "from fpbench import b", "fpbench/b.py": "import torch"},
            forbidden,
            "fpbench.preference.a -> fpbench.b -> torch",
        ),
        ({"fpbench/metrics/a.py": "from fpbench.models.dit import DiT"}, forbidden, "-> fpbench.models.dit"),
        ({"fpbench/stats/a.py": "if 1:\n import torch\nelse:\n pass"}, forbidden, "fpbench.stats.a -> torch"),
        ({"fpbench/a.py": "import dashboard.app"}, forbidden, "fpbench.a -> dashboard.app"),
        ({"fpbench/framepack/a.py": "import numpy"}, not_allowed, "fpbench.framepack.a -> numpy"),
        ({"baselines/a.py": "from fpbench import _x"}, not_public, "baselines.a -> fpbench._x"),
        ({"baselines/a.py": "import fpbench.runs.store"}, not_public, "baselines.a -> fpbench.runs.store"),
    ],
)
def test_the_rules_see_a_breach(files: dict[str, str], rule: Rule, found: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert any(found in breach for breach in rule(tmp_path))


def test_what_only_a_type_checker_sees_is_no_breach(tmp_path: Path) -> None:
    module = tmp_path / "fpbench" / "stats" / "a.py"
    module.parent.mkdir(parents=True)
    module.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch")
    assert forbidden(tmp_path) == []


def python_files() -> list[Path]:
    """Every Python file of the project, the tests included."""
    return [file for folder in (*PACKAGES, "tests") for file in sorted((ROOT / folder).rglob("*.py"))]


def test_no_file_outgrows_its_reader() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_module_has_a_subject() -> None:
    nameless = re.compile(r"(utils?|helpers?|common|misc)\.py")
    assert [str(file) for file in python_files() if nameless.fullmatch(file.name)] == []


def test_nothing_is_left_for_later() -> None:
    marker = re.compile(
        r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|pytest\.(skip|mark\.(skip|xfail))|importorskip\("
    )
    marked = {
        f"{file.relative_to(ROOT)}:{number}"
        for file in python_files()
        if file != Path(__file__)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if marker.search(line)
    }
    assert marked == set()


def test_every_area_of_tests_belongs_to_a_package() -> None:
    extra = {"browser", "benchmarks", "golden", "stubs"}
    areas = {folder.name for folder in (ROOT / "tests").iterdir() if folder.is_dir()} - extra
    known = {folder.name for package in (ROOT, ROOT / "fpbench") for folder in package.iterdir() if folder.is_dir()}
    known |= {file.stem for file in (ROOT / "fpbench").glob("*.py")}
    assert {area for area in areas if not area.startswith(("_", "."))} <= known
