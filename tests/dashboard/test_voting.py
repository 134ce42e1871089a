"""A rater's messages and what they are told, without a browser; the plain form; opaque addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import small_results
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from dashboard import voting
from dashboard.ballot_server import ROUTES
from dashboard.tokens import Registry
from fpbench.preference.records import standing
from fpbench.preference.screening import screen
from fpbench.preference.staging import clip_path, needed, stage
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Criterion, Role, load_study
from fpbench.preference.wording import QUESTIONS
from fpbench.runs.store import Store

NAMES = (*small_results.ITEMS, "stub", "fade", "freeze", "stutter", "growing", "shuffled")


@pytest.fixture(scope="session")
def study_file(finished_results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with all its clips."""
    path = tmp_path_factory.mktemp("study") / "study.json"
    small_results.make_study(small_results.run_folder(finished_results), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fpbench.runs.clips.PREVIEW_HEIGHT", 2)
        stage(load_study(path), path.parent, Store(finished_results))
    return path


@pytest.fixture
def store(study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VoteStore]:
    monkeypatch.setenv(voting.STUDY, str(study_file))
    monkeypatch.setenv(voting.VOTES, str(tmp_path / "votes.sqlite"))
    voting.open_store.cache_clear()
    yield voting.open_store()
    voting.open_store().close()
    voting.open_store.cache_clear()


def payload(store: VoteStore, rater: str, outcome: str = "left", **changes: Any) -> dict[str, Any]:
    """What the browser sends for the pair in hand."""
    ticket = store.next(rater, "tab")
    assert ticket is not None
    now = datetime.now(UTC)
    times = {"shown_at": now - timedelta(seconds=8), "unlocked_at": now - timedelta(seconds=2), "voted_at": now}
    telemetry = {name: time.isoformat() for name, time in times.items()} | {"plays": 1, "viewport": [1280, 800]}
    base = {
        "assignment_id": ticket.assignment_id, "session": "tab",
        "nonce": f"nonce-{now.timestamp():.6f}".replace(".", "-"),
        "answers": {"overall": outcome}, "telemetry": telemetry,
    }  # fmt: skip
    return base | changes


def test_a_vote_counts_once_however_often_it_is_delivered(store: VoteStore) -> None:
    rater = store.join()
    message = payload(store, rater)
    assert voting.cast(store, rater, message).accepted
    assert voting.cast(store, rater, message).accepted
    assert len(standing(store)) == 1


def test_undo_takes_back_only_the_latest_and_only_once(store: VoteStore) -> None:
    rater = store.join()
    voting.cast(store, rater, payload(store, rater))
    assert voting.undo(store, rater, "tab").accepted
    assert standing(store) == []
    assert not voting.undo(store, rater, "tab").accepted


@pytest.mark.parametrize(
    "broken",
    [{"answers": {}}, {"assignment_id": "0" * 32}, {"nonce": "../../etc"}, {"session": "another tab"},
     {"telemetry": {}},
     {"comment": "<script>alert(1)</script>" * 200}],
)  # fmt: skip
def test_a_wrong_message_is_refused_in_words_and_logged(store: VoteStore, broken: dict[str, Any]) -> None:
    rater = store.join()
    answer = voting.cast(store, rater, payload(store, rater, **broken))
    assert not answer.accepted
    assert answer.message
    assert "Error" not in answer.message
    assert [link.body["kind"] for link in store.events()][-1] == "refused"
    assert standing(store) == []


def test_practice_is_told_what_was_right_and_nothing_else_is(store: VoteStore) -> None:
    rater = store.join()
    first = store.study.seat(0)[0]
    assert first.role is Role.PRACTICE
    wrong = "right" if first.expected == "left" else "left"
    assert "damaged on purpose" in voting.cast(store, rater, payload(store, rater, wrong)).message
    for _ in store.study.seat(0)[1:]:
        assert voting.cast(store, rater, payload(store, rater)).message == ""
    assert store.next(rater, "tab") is None


def test_the_browser_is_told_nothing_that_names_a_system_a_task_or_a_role(store: VoteStore) -> None:
    rater = store.join()
    while (ticket := store.next(rater, "tab")) is not None:
        told = str(voting.page_data(store, rater, "tab", ticket, ""))
        assert not [name for name in (*NAMES, ticket.task, "catch", ticket.left_clip) if name in told]
        voting.cast(store, rater, payload(store, rater))


def test_every_clip_of_a_study_is_staged_and_its_metadata_is_silent(study_file: Path) -> None:
    study = load_study(study_file)
    assert any(corruption for _, corruption in needed(study).values())
    for clip in needed(study):
        data = clip_path(study_file.parent, clip).read_bytes()
        assert data
        assert not [name for name in NAMES if name.encode() in data]


def test_addresses_are_stable_different_for_equal_clips_and_unguessable() -> None:
    registry = Registry()
    path = Path("a.mp4")
    left, right = (registry.url("session", "trial", side, path) for side in ("left", "right"))
    assert left == registry.url("session", "trial", "left", path)
    assert len({left, right, registry.url("another", "trial", "left", path)}) == 3
    assert registry.find(left.removeprefix("/v/")) == path
    assert registry.find("0" * 32) is None


@pytest.fixture
def client(store: VoteStore) -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


def test_files_behind_addresses_cannot_be_told_apart_by_their_headers(store: VoteStore, client: TestClient) -> None:
    ticket = store.next(store.join(), "tab")
    assert ticket is not None
    answers = [client.get(url) for url in voting.urls("tab", ticket)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["last-modified"] for answer in answers} == {"Thu, 01 Jan 1970 00:00:00 GMT"}
    assert "content-disposition" not in answers[0].headers


@pytest.mark.parametrize(
    "forged", ["0" * 32, "..%2Fstudy.json", "%2e%2e%2fvotes.sqlite", "x", "....//", "%00", "/etc/passwd"]
)
def test_forged_addresses_find_nothing(client: TestClient, forged: str) -> None:
    assert client.get(f"/v/{forged}").status_code == 404


def fields(html: str, *, watched: float = 20) -> dict[str, str]:
    """The hidden fields of the ballot, as if it had been opened ``watched`` seconds ago."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html.partition("Undo")[0]))
    return found | {"shown": (datetime.now(UTC) - timedelta(seconds=watched)).isoformat()}


def begin(client: TestClient) -> tuple[str, str]:
    """A new rater on the form without scripts: token and page."""
    page = client.post("/plain", data={"begin": "1"})
    return page.url.params["t"], page.text


def test_the_form_without_scripts_votes_undoes_and_ends(client: TestClient, store: VoteStore) -> None:
    rater, page = begin(client)
    assert page.count("<video") == 2
    assert not [name for name in NAMES if name in page]
    page = client.post("/plain", data=fields(page) | {"outcome": "tie", "comment": "both <b>fine</b>"}).text
    assert [(record.outcome, record.comment) for record in standing(store)] == [("tie", "both <b>fine</b>")]
    page = client.post("/plain", data={"t": rater, "session": "s", "undo": "1"}).text
    assert standing(store) == []
    while "last pair" not in page:
        page = client.post("/plain", data=fields(page) | {"outcome": "right"}).text
        if "Go on" in page:  # practice is told what was right
            page = client.get("/plain", params={"t": rater}).text
    assert len(standing(store)) == len(store.study.seat(0))


def test_an_answer_on_the_form_counts_in_ratings_once_the_clips_have_had_time_to_play(
    client: TestClient, store: VoteStore
) -> None:
    _, page = begin(client)
    early = client.post("/plain", data=fields(page, watched=store.study.design.clip_seconds - 1) | {"outcome": "left"})
    assert "to the end first" in early.text
    assert standing(store) == []
    client.post("/plain", data=fields(early.text) | {"outcome": "left"})
    assert len(screen(standing(store), store.study.design.model_copy(update={"obvious_catch": 0})).kept) == 1


def test_the_form_asks_optional_questions_after_the_overall_one_and_lets_them_be_skipped(
    study_file: Path, client: TestClient, store: VoteStore
) -> None:
    criteria = tuple(Criterion)[:3]
    store.study = store.study.model_copy(
        update={"design": store.study.design.model_copy(update={"criteria": criteria})}
    )
    _, page = begin(client)
    assert QUESTIONS["overall"] in page
    page = client.post("/plain", data=fields(page) | {"outcome": "left"}).text
    assert QUESTIONS["drift"] in page
    page = client.post("/plain", data=fields(page) | {"outcome": "skip"}).text
    assert QUESTIONS["motion"] in page
    assert standing(store) == []
    client.post("/plain", data=fields(page) | {"outcome": "right"})
    assert [(record.criterion, record.outcome) for record in standing(store)] == [
        ("overall", "left"),
        ("motion", "right"),
    ]


def test_the_form_without_scripts_lets_nobody_in_without_a_seat_and_logs_the_attempt(
    client: TestClient, store: VoteStore
) -> None:
    assert "not valid" in client.post("/plain", data={"t": "0" * 32, "outcome": "left"}).text
    assert store.events()[-1].body["error"] == "UnknownRaterError"
    assert "<script>" not in client.get("/plain", params={"t": "<script>"}).text


SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_scripts_in_prompts_comments_and_forged_fields_stay_text(client: TestClient, store: VoteStore) -> None:
    prompts = dict.fromkeys(store.study.design.tasks, SCRIPT)
    store.study = store.study.model_copy(
        update={"design": store.study.design.model_copy(update={"prompts": prompts, "instructions": SCRIPT})}
    )
    answer = client.get("/plain")
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    _, page = begin(client)
    assert "&lt;img" in page
    forged = fields(page, watched=0) | {"outcome": "left", "comment": SCRIPT, "nonce": SCRIPT, "session": SCRIPT}
    answer = client.post("/plain", data=forged)
    for text in (page, answer.text):
        assert "<script" not in text
        assert "<img" not in text


def test_a_seat_by_invitation_is_refused_to_everybody_else(
    client: TestClient, store: VoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = store.join()
    monkeypatch.setenv(voting.INVITED, "1")
    assert "by invitation" in client.post("/plain", data={"begin": "1"}).text
    assert "by invitation" in client.post("/plain", data={"begin": "1", "t": "0" * 32}).text
    assert "<video" not in client.get("/plain", params={"t": invitation}).text  # the instructions come first
    assert "<video" in client.post("/plain", data={"begin": "1", "t": invitation}).text
    page = open_page(store)
    page.button[0].click().run()
    assert "by invitation" in page.error[0].value
    assert [link.body["kind"] for link in store.events()].count("join") == 1


def open_page(store: VoteStore, **query: str) -> AppTest:
    page = AppTest.from_file(str(Path(voting.__file__).with_name("vote.py")), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_the_page_seats_a_rater_behind_their_own_link(store: VoteStore) -> None:
    page = open_page(store)
    assert page.title[0].value == "Which video is better?"
    page.button[0].click().run()
    rater = page.query_params["t"]
    assert voting.knows(store, rater)
    assert page.get("bidi_component")
    voting.cast(store, rater, payload(store, rater))
    again = open_page(store, t=rater)
    assert again.get("bidi_component")
    assert not again.button


def test_an_invitation_reads_the_instructions_first_and_keeps_its_seat(store: VoteStore) -> None:
    invitation = store.join()
    page = open_page(store, t=invitation)
    assert store.study.design.instructions.splitlines()[0] in small_results.spoken(page)
    page.button[0].click().run()
    assert page.query_params["t"] == invitation
    assert page.get("bidi_component")


def test_a_forged_invitation_is_not_seated_and_is_logged_once(store: VoteStore) -> None:
    forged = "ab" * 16
    page = open_page(store, t=forged)
    page.run()
    assert "not an invitation" in page.warning[0].value
    assert [link.body["kind"] for link in store.events()] == ["study", "refused"]
    page.button[0].click().run()
    assert page.query_params["t"] != forged
    assert not voting.knows(store, forged)


def test_the_page_counts_what_the_player_sends(store: VoteStore) -> None:
    rater = store.join()
    page = open_page(store, t=rater)
    page.button[0].click().run()
    session = page.session_state["session"]
    sent = payload(store, rater, session=session)
    store.next(rater, session)
    page.session_state["ballot"] = {"vote": sent}
    page.run()
    assert not page.exception
    assert [record.outcome for record in standing(store)] == ["left"]
