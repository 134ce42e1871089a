"""A choice kept in the page's address by its key: Streamlit's own binding writes the label that a menu shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

SEEN = "address"
"""Session state: (choice, what the address said) of each key at the end of the last run."""


def choose(widget: Callable[..., Any], label: str, labels: Mapping[str, str], default: str, key: str) -> str:
    """Draw a widget of one choice that a link brings back; the key of what is chosen.

    Args:
        widget: ``st.selectbox``, ``st.segmented_control`` or the like.
        labels: key to label, in the order of the menu.
        default: chosen, and left out of the address, unless the reader or the address says else.
        key: name in the address and in the session.
    """
    _from_address(key, labels, default)
    fixed = {} if widget == st.selectbox else {"required": True}  # a menu keeps its choice, and would say "(required)"
    chosen = str(widget(label, list(labels), key=key, format_func=lambda name: labels.get(name, name), **fixed))
    if chosen != default:
        st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]
    st.session_state.setdefault(SEEN, {})[key] = (chosen, st.query_params.get(key))
    return chosen


def _from_address(key: str, options: Collection[str], default: str) -> None:
    """Put the address's choice into the session: on the first draw, and after the reader went back or forward.

    Where widget and address have both changed the widget wins: its click may be on its way before the address of the
    last one has arrived.
    """
    asked = st.query_params.get(key)
    chosen, said = st.session_state.get(SEEN, {}).get(key, (None, None))
    held = st.session_state.get(key)
    if held is None or (held == chosen and asked != said):
        held = asked or default
    st.session_state[key] = held if held in options else default
