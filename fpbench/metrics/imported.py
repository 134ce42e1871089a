"""Metrics that other suites computed: their cards, so that tables can read the values. Nothing is measured here.

The paper's Clarity, Aesthetic, Motion, Dynamic, Semantic, Anatomy and Identity are VBench's numbers under these names.
"""

from __future__ import annotations

from dataclasses import dataclass

from fpbench.errors import FpbenchError
from fpbench.metrics.card import Card, Direction, Sign, signs
from fpbench.metrics.frame import Clip
from fpbench.metrics.meter import Meter

SINGLE = 10
"""Fewest values for a drift: an imported clip has one value, so it has none."""


@dataclass(frozen=True)
class Imported:
    """A column filled by ``fpbench import`` alone.

    Attributes:
        card: its declaration.
        suite: "vbench", "vbench2" or "helios". dimension: name of the column there.
        scale: what a clip's value there is multiplied with.
        lowest: smallest value that is one; below it the suite means that the clip could not be judged.
    """

    card: Card
    suite: str
    dimension: str
    scale: float = 1.0
    lowest: float = float("-inf")

    def meter(self, _clip: Clip, /) -> Meter:
        """Nothing can be measured.

        Raises:
            FpbenchError: always.
        """
        raise FpbenchError(f"{self.card.name}: {self.missing()}")

    def missing(self) -> str | None:
        """Where its values come from."""
        return f"it is computed by {self.suite}; bring its results with: fpbench import FILE"


def _card(
    name: str,
    doc: str,
    low: float = 0.0,
    *,
    high: float = 1.0,
    direction: Direction = "up",
    declared: dict[str, Sign] | None = None,
) -> Card:
    return Card(
        name,
        version=1,
        direction=direction,
        unit="",
        range=(low, high),
        group="imported",
        doc=doc,
        formula="one value for each clip, as computed there",
        k_min=SINGLE,
        signs=declared or {},
    )


CLARITY = Imported(
    _card("clarity_vbench", "Clarity: VBench imaging_quality (MUSIQ, SPAQ)"), "vbench", "imaging_quality", 0.01
)
AESTHETIC = Imported(_card("aesthetic_vbench", "Aesthetic: VBench aesthetic_quality"), "vbench", "aesthetic_quality")
MOTION = Imported(
    _card("motion_vbench", "Motion: VBench motion_smoothness (AMT)", declared=signs("freeze +")),
    "vbench",
    "motion_smoothness",
)
DYNAMIC = Imported(
    _card("dynamic_vbench", "Dynamic: VBench dynamic_degree (RAFT)", declared=signs("freeze -")),
    "vbench",
    "dynamic_degree",
)
SEMANTIC = Imported(
    _card("semantic_vbench", "Semantic: VBench overall_consistency (ViCLIP)", -1.0), "vbench", "overall_consistency"
)
SUBJECT = Imported(_card("subject_vbench", "VBench subject_consistency (DINO)"), "vbench", "subject_consistency")
BACKGROUND = Imported(
    _card("background_vbench", "VBench background_consistency (CLIP)"), "vbench", "background_consistency"
)
FLICKER = Imported(_card("flicker_vbench", "VBench temporal_flickering"), "vbench", "temporal_flickering")
ANATOMY = Imported(
    _card("anatomy_vbench2", "Anatomy: VBench-2.0 Human_Anatomy; 1 where nobody is seen"), "vbench2", "Human_Anatomy"
)
IDENTITY = Imported(
    _card("identity_vbench2", "Identity: VBench-2.0 Human_Identity; a lost face counts as kept"),
    "vbench2",
    "Human_Identity",
    lowest=0.0,
)


def _helios(name: str, dimension: str, doc: str, low: float = 0.0) -> tuple[Imported, Imported]:
    """A column of HeliosBench and that of its start-end contrast, which it computes itself from 15 % at either end."""
    contrast = _card(f"{name}_drift_helios", f"start-end contrast of {name}_helios", direction="down")
    if dimension == "motion_smoothness":
        value = _card(f"{name}_helios", doc, low, declared=signs("freeze +"))
    else:
        value = _card(f"{name}_helios", doc, low)
    return Imported(value, "helios", dimension), Imported(contrast, "helios", f"drifting_{dimension}")


AESTHETIC_HELIOS, AESTHETIC_DRIFT_HELIOS = _helios("aesthetic", "aesthetic", "Aesthetic: HeliosBench, at 640x384")
MOTION_HELIOS, MOTION_DRIFT_HELIOS = _helios("motion", "motion_smoothness", "Motion: HeliosBench (AMT), at 640x384")
SEMANTIC_HELIOS, SEMANTIC_DRIFT_HELIOS = _helios("semantic", "semantic", "Semantic: HeliosBench (ViCLIP)", -1.0)
NATURALNESS_HELIOS, NATURALNESS_DRIFT_HELIOS = _helios(
    "naturalness", "naturalness", "HeliosBench: what a closed language model rates"
)
AMPLITUDE_HELIOS = Imported(
    _card(
        "amplitude_helios",
        "HeliosBench: mean signed flow; opposed motions cancel",
        float("-inf"),
        high=float("inf"),
        direction="two-sided",
    ),
    "helios",
    "motion_fb",
)
ALL = (
    *(CLARITY, AESTHETIC, MOTION, DYNAMIC, SEMANTIC, SUBJECT, BACKGROUND, FLICKER, ANATOMY, IDENTITY),
    *(AESTHETIC_HELIOS, AESTHETIC_DRIFT_HELIOS, MOTION_HELIOS, MOTION_DRIFT_HELIOS, SEMANTIC_HELIOS),
    *(SEMANTIC_DRIFT_HELIOS, NATURALNESS_HELIOS, NATURALNESS_DRIFT_HELIOS, AMPLITUDE_HELIOS),
)
