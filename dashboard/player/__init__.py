"""Players for the browser: Streamlit components whose markup, style and script lie beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@cache
def mount(name: str) -> Any:
    """The component ``name``: its HTML and CSS, and its script behind the clock that all players share.

    Call what is returned with ``key`` and ``data``; see `streamlit.components.v2.component`.
    """
    import streamlit as st

    script = "\n".join((HERE / file).read_text("utf-8") for file in ("clock.js", f"{name}.js"))
    html, css = ((HERE / f"{name}.{suffix}").read_text("utf-8") for suffix in ("html", "css"))
    return st.components.v2.component(f"fpbench_{name}", html=html, css=css, js=script)
