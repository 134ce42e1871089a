"""The dashboard and the voting page, two Streamlit applications. They read what `fpbench` writes; nothing is measured.

``app`` with its ``server`` shows results to researchers; ``vote`` with its ``ballot_server`` asks raters. They are
separate processes, so that no rater can reach a result.
"""
