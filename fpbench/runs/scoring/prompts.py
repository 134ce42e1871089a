"""What clips were asked to show: a file of texts by name of clip."""

from __future__ import annotations

from pathlib import Path

from fpbench.errors import FpbenchError


def read_prompts(path: Path) -> dict[str, str]:
    """Prompts by file name without its ending, from a JSON or YAML mapping ``name: prompt``.

    Names may carry the ending of a file; it is dropped.

    Raises:
        FpbenchError: the file cannot be read, or is no mapping of names to texts.
    """
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))  # JSON is YAML
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FpbenchError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict) or not found:
        raise FpbenchError(f"{path}: expected a mapping 'clip name: prompt', found {type(found).__name__}")
    wrong = next((name for name, text in found.items() if not isinstance(text, str) or not text.strip()), None)
    if wrong is not None:
        raise FpbenchError(f"{path}: {wrong!r}: expected a text, found {found[wrong]!r}")
    return {Path(str(name)).stem if "." in str(name) else str(name): text for name, text in found.items()}
