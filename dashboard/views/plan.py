"""Plan viewer: which frame is seen by which section at which kernel, and what that costs in tokens."""

from __future__ import annotations

import streamlit as st

from dashboard import address, plan_chart
from dashboard.plans import frames_of, plan_of
from dashboard.selection import Selection
from dashboard.theme import ink
from dashboard.views.parts import note
from fpbench.framepack import Pack, PackError, Plan, make_plan

LATENT = (8, 12)
"""Latent frame (height, width) of the embedded worlds."""
EXAMPLES = {
    "FramePack, vanilla": "td_f16k4f2k2f1k1_g9",
    "FramePack, endpoint": "td_f16k4f2k2f1k1_g9_x_f1k1",
    "FramePack, inverted": "f1k1_x_g9_f1k1f2k2f16k4_td",
    "FramePack, compressed tail": "tc_f16k4f2k2f1k1_g9",
    "Sliding window": "td_f2k1_g9",
    "Anchor frame": "f1k1_x_f2k1_g9",
}
OWN = "A schedule of your own"
MAX_FRAMES = 1200


def show(selection: Selection) -> None:
    """Draw the page."""
    st.title("Plan viewer")
    systems = _systems(selection)
    left, middle, right = st.columns([3, 3, 1], vertical_alignment="bottom")
    with left:
        choices = [*systems, *EXAMPLES, OWN]
        chosen = address.choose(st.selectbox, "Strategy", {name: name for name in choices}, choices[0], "strategy")
    frames = frames_of(selection.reading.manifest) if selection.reading else 145
    with right:
        frames = address.count("Frames", 2, MAX_FRAMES, min(frames, MAX_FRAMES), "frames")
    text = str(systems[chosen].pack) if chosen in systems else EXAMPLES.get(chosen, EXAMPLES["FramePack, vanilla"])
    with middle:
        if chosen == OWN:
            text = st.text_input("Packing schedule", text, key="pack")
        else:
            st.markdown(f"Packing schedule\n\n`{text}`")
    try:
        plan = (
            _plan(selection, chosen, text, frames)
            if chosen in systems
            else make_plan(Pack.parse(text), frames, max_gap=27)
        )
    except PackError as error:
        st.error(str(error), icon=":material/report:")
        return
    _draw(plan)


def _systems(selection: Selection) -> dict[str, Plan]:
    """Systems of the run that have a plan."""
    if selection.reading is None:
        return {}
    manifest = selection.reading.manifest
    return {name: plan for name in manifest.systems if (plan := plan_of(manifest, name))}


def _plan(selection: Selection, system: str, text: str, frames: int) -> Plan:
    if selection.reading is None:
        raise PackError(f"{text}: the run of {system} is gone")
    plan = plan_of(selection.reading.manifest, system, frames)
    if plan is None:
        raise PackError(f"{text}: cannot make {frames} frames")
    return plan


def _draw(plan: Plan) -> None:
    table = plan_chart.spans(plan, LATENT)
    context = plan.pack.context_tokens(*LATENT)
    facts = st.columns(4)
    facts[0].metric("Sections", len(plan.sections))
    facts[1].metric("Order", plan.order)
    facts[2].metric("Context tokens, full", context)
    facts[3].metric("Section tokens", plan.pack.section_tokens(*LATENT))
    st.altair_chart(plan_chart.draw(plan, table, ink()), width="stretch", alt="Frames seen and made by every section")
    st.subheader("Token budget")
    st.altair_chart(
        plan_chart.draw_budget(plan, table, ink()), width="stretch", alt="Tokens of every section by kernel"
    )
    note(
        "Orange frames are made by the section, blue ones are seen: the paler, the coarser the kernel. kN covers"
        " N frames and 2N by 2N latent pixels. Left of the dashed line: the given frame. Tokens for latent frames of"
        f" {LATENT[0]} by {LATENT[1]}."
    )
    with st.expander("As a table", icon=":material/table_rows:"):
        st.dataframe(table[["section", "what", "role", "frames", "tokens"]], hide_index=True, width="stretch")
