"""Choices kept in the page's address by their keys, so that a link shows what its sender saw and Back undoes a choice.

Streamlit's own binding of widgets writes labels, and replaces the entry of the browser's history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

SEEN = "address"
"""Session state: `_Seen` of each key at the end of the last run."""


class _Seen(NamedTuple):
    chosen: Any
    said: list[str]
    default: Any


def choose(widget: Callable[..., Any], label: str, labels: Mapping[str, str], default: str, key: str) -> str:
    """Draw a widget of one choice; the key of what is chosen.

    Args:
        widget: ``st.selectbox``, ``st.segmented_control`` or the like.
        labels: key to label, in the order of the menu.
        default: chosen, and left out of the address, unless the reader or the address says else.
        key: name in the address and in the session.
    """
    _restore(key, default, lambda said: said[-1], lambda held: held in labels)
    fixed = {} if widget == st.selectbox else {"required": True}  # a menu keeps its choice, and would say "(required)"
    chosen = str(widget(label, list(labels), key=key, format_func=lambda name: labels.get(name, name), **fixed))
    _tell(key, chosen, default)
    return chosen


def choose_some(
    widget: Callable[..., Any], label: str, options: Sequence[str], key: str, **how: Any
) -> tuple[str, ...]:
    """Draw a widget of any number of choices, none by default; ``key=a&key=b`` in the address."""
    _restore(key, [], list, lambda held: set(held) <= set(options))
    chosen = list(widget(label, options, key=key, **how))
    _tell(key, chosen, [])
    return tuple(chosen)


def count(label: str, low: int, high: int, default: int, key: str) -> int:
    """Draw a field for a whole number within bounds."""
    _restore(key, default, lambda said: int(said[-1]), lambda held: low <= held <= high)
    chosen = int(st.number_input(label, low, high, key=key))
    _tell(key, chosen, default)
    return chosen


def said() -> dict[str, list[str]]:
    """All that the address says, for links to other pages: they keep the choices that are theirs."""
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _restore(key: str, default: Any, read: Callable[[list[str]], Any], valid: Callable[[Any], bool]) -> None:
    """Put the address's choice into the session: on the first draw, and after the reader went back or forward.

    Where widget and address have both changed the widget wins: its click may be on its way before the address of the
    last one has arrived. A choice that the address does not mention follows its default.
    """
    said = st.query_params.get_all(key)
    seen: _Seen | None = st.session_state.get(SEEN, {}).get(key)
    held = st.session_state.get(key)
    moved = seen is not None and held == seen.chosen and (said, default) != (seen.said, seen.default)
    if held is None or moved:
        try:
            held = read(said) if said else default
        except ValueError:
            held = default
    st.session_state[key] = held if valid(held) else default


def _tell(key: str, chosen: Any, default: Any) -> None:
    if chosen != default:
        st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]
    st.session_state.setdefault(SEEN, {})[key] = _Seen(chosen, st.query_params.get_all(key), default)
