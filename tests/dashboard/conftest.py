import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_results
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.library import RunEntry, find_runs
from dashboard.settings import RESULTS


@pytest.fixture(scope="session")
def finished_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with one finished run, of which no test may change a file."""
    results = tmp_path_factory.mktemp("dashboard") / "results"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fpbench.runs.clips.PREVIEW_HEIGHT", 2)  # nobody looks at these previews
        small_results.make_results(results)
    return results


@pytest.fixture
def entry(finished_results: Path) -> RunEntry:
    return find_runs([finished_results])[0]


@pytest.fixture
def results(finished_results: Path, tmp_path: Path) -> Path:
    """A copy of the finished results, to be damaged."""
    return Path(shutil.copytree(finished_results, tmp_path / "results"))


def _page(view: str) -> None:
    import importlib

    from dashboard import selection

    importlib.import_module(f"dashboard.views.{view}").show(selection.choose())


@pytest.fixture
def open_view(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Run one page on a results folder, with query parameters as keywords."""

    def run(view: str, results: Path, **query: Any) -> AppTest:
        monkeypatch.setenv(RESULTS, str(results))
        st.cache_resource.clear()
        page = AppTest.from_function(_page, kwargs={"view": view}, default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return run
