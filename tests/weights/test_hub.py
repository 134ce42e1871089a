"""Files of a hub: found in the user's folder or a cache, checked, and downloaded only where that is asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.errors import PreflightError
from fpbench.weights import hub
from fpbench.weights.backends import HUB, PACKAGED, identities, lacking
from fpbench.weights.hub import HubFile

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable, folder in (("FPBENCH_WEIGHTS", "own"), ("FPBENCH_CACHE", "cache"), ("TORCH_HOME", "torch")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / folder))
    lacking.cache_clear()
    return tmp_path / "own"


def test_the_users_own_file_is_taken_and_held_against_the_published_hash(own: Path) -> None:
    file = HubFile("net", "owner/repository/net.safetensors", "MIT", sha256=DIGEST[:8])
    assert file.locate() is None
    (own / "net.safetensors").write_bytes(CONTENT)
    assert file.verified() == own / "net.safetensors"
    (own / "net.safetensors").write_bytes(b"other")
    with pytest.raises(PreflightError, match=f"expected {DIGEST[:8]}; they are not loaded"):
        file.verified()


def test_torchs_own_cache_is_looked_into(tmp_path: Path) -> None:
    file = HubFile("net", "https://example.org/models/net-1234.pth", "MIT")
    cached = tmp_path / "torch" / "hub" / "checkpoints" / "net-1234.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    assert file.verified() == cached


def test_a_hubs_cache_is_looked_into_and_its_blobs_are_held_against_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--owner--repository"
    for folder in ("blobs", "refs", "snapshots/c1"):
        (repository / folder).mkdir(parents=True)
    (repository / "refs" / "main").write_text("c1")
    (repository / "blobs" / DIGEST).write_bytes(CONTENT)
    (repository / "snapshots/c1/net.safetensors").symlink_to(repository / "blobs" / DIGEST)
    file = HubFile("net", "owner/repository/net.safetensors", "MIT")
    monkeypatch.setattr(
        "huggingface_hub.try_to_load_from_cache",
        lambda repo, name: str(tmp_path / f"models--{repo.replace('/', '--')}" / "snapshots/c1" / name),
    )
    assert file.verified().name == "net.safetensors"
    (repository / "blobs" / DIGEST).write_bytes(b"torn")
    with pytest.raises(PreflightError, match="not loaded"):
        file.verified()


def test_offline_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.delenv("FPBENCH_OFFLINE", raising=False)
    assert not hub.offline()
    monkeypatch.setattr(HubFile, "_download", lambda self: pytest.fail("the network was tried"))
    monkeypatch.setenv("FPBENCH_OFFLINE", "1")
    assert hub.offline()
    with pytest.raises(PreflightError, match="--offline"):
        HubFile("net", "owner/repository/net.safetensors", "MIT").fetch()


def test_a_fetched_file_is_verified_before_it_is_used(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("FPBENCH_OFFLINE", raising=False)
    file = HubFile("net", "https://example.org/net.pth", "MIT", sha256=DIGEST)
    monkeypatch.setattr(HubFile, "_download", lambda self: (own / "net.pth").write_bytes(b"swapped"))
    with pytest.raises(PreflightError, match="not loaded"):
        file.fetch()


def test_what_is_missing_says_how_to_get_it() -> None:
    assert all(lacking(name) is None for name in PACKAGED)
    for name in HUB:
        assert f"fpbench doctor --fetch {name}" in str(lacking(name))


def test_a_run_records_what_it_measured_with() -> None:
    found = identities(["efficientnet-lite0", "raft-large-c-t", "a strangers"])
    assert found["efficientnet-lite0"]["sha256"] == PACKAGED["efficientnet-lite0"].sha256
    assert found["efficientnet-lite0"]["version"] == "0.1.0"
    assert found["raft-large-c-t"]["sha256"] is None
    assert set(found) == {"efficientnet-lite0", "raft-large-c-t"}


def doctor(*words: str) -> tuple[int, str, str]:
    """What the command line says."""
    result = CliRunner().invoke(app, [*words])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_fetches_what_is_named_and_then_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    published = tmp_path / "published.pth"
    published.write_bytes(CONTENT)
    file = HubFile("raft-large-c-t", published.as_uri(), "BSD-3-Clause", sha256=DIGEST[:8])
    monkeypatch.setitem(HUB, "raft-large-c-t", file)
    monkeypatch.setattr(HubFile, "_is_address", True)
    for variable in ("FPBENCH_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(variable, "0")
    code, out, err = doctor("doctor", "--fetch", "raft-large-c-t")
    assert "fetched raft-large-c-t: " in out, err
    assert f"ok      weights raft-large-c-t (optional): {file.locate()}" in out
    assert code == (4 if "BROKEN" in out else 0)


def test_the_command_fetches_nothing_offline_and_nothing_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("urllib.request.urlretrieve", refuse)
    for variable in ("FPBENCH_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(variable, "0")  # so that what --offline sets is undone
    code, _, err = doctor("--offline", "doctor", "--fetch", "raft-large-c-t")
    assert (code, "raft-large-c-t are not here and the network is out of bounds (--offline)" in err) == (4, True)
    code, _, err = doctor("doctor", "--fetch", "raft-large")
    assert (code, "raft-large-c-t" in err) == (2, True)
