"""The suite's tests. A package, so that no other distribution's top-level `tests` can take its place."""
