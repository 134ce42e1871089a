"""Random names of packs that parse."""

from hypothesis import strategies as st

groups = st.builds(lambda n, k: f"f{n * k}k{k}", st.integers(1, 6), st.sampled_from([1, 2, 4, 8, 16])) | st.builds(
    lambda n, h, w: f"f{n}k1h{h}w{w}", st.integers(1, 6), st.integers(1, 8), st.integers(1, 8)
)
sides = st.lists(groups, max_size=4).map("".join)


@st.composite
def pack_names(draw: st.DrawFn) -> str:
    parts: list[str] = []
    past, far = draw(sides), draw(st.booleans())
    if far:
        parts += ["f1k1", "x"]
    elif past:
        parts.append(draw(st.sampled_from(["td", "ta", "tc"])))
    parts += [past] * bool(past)
    parts.append(f"g{draw(st.integers(1, 12))}")
    future = draw(sides)
    parts += [future] * bool(future)
    if draw(st.booleans()):
        parts += ["x", "f1k1"]
    elif future:
        parts.append("td")
    return "_".join(parts) + draw(st.sampled_from(["", "+D"]))
