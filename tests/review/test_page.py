"""The page in a browser: what was pressed is what the table holds, whatever happens in between."""

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

for needed in ("fastapi", "uvicorn", "sqlalchemy"):
    pytest.importorskip(needed, reason="needs the review extra")
sync_api = pytest.importorskip("playwright.sync_api", reason="needs the dev extra")

from dawnchorus.review.verdicts import Kept, Store, read_verdicts
from review import desks
from review.desks import Served, serving

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: Debian has it as `chromium`")

WAIT_S = 60
FAULTS: list[str] = []
"""What went wrong in the scripts of pages."""


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    FAULTS.clear()
    yield
    assert FAULTS == []


def until(tab: Any, true: str) -> None:
    """Wait for an expression of the page to be true; the browser's own waiting needs what the page forbids."""
    ends = time.monotonic() + WAIT_S
    while not tab.evaluate(true):
        assert time.monotonic() < ends, f"never came true: {true}"
        tab.wait_for_timeout(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def home(tmp_path: Path, forest: Path) -> Path:
    desks.make(tmp_path, forest)
    return tmp_path


@pytest.fixture
def served(home: Path) -> Iterator[Served]:
    with serving(home / "detections", home / "audio", "--reviewers", "Ana,Ben", "--order", "highest") as served:
        yield served


def rows(home: Path) -> list[Kept]:
    with Store(home / "detections" / "reviews.db") as store:
        return store.rows()


def opened(context: Any, served: Served) -> Any:
    """A new tab with the page, ready; what goes wrong in its scripts fails the test."""
    tab = context.new_page()
    tab.set_default_timeout(1000 * WAIT_S)
    tab.on("pageerror", lambda error: FAULTS.append(str(error)))
    tab.goto(f"http://127.0.0.1:{served.port}/")
    tab.wait_for_selector(".clip[aria-current=true]")
    return tab


def current(tab: Any) -> str:
    return str(tab.locator(".clip[aria-current=true] img").get_attribute("alt"))


def press(tab: Any, keys: str) -> list[tuple[str, str]]:
    """Press one key after another, and say of which clip each was."""
    pressed = []
    for key in keys:
        pressed.append((current(tab), key))
        tab.keyboard.press(key)
    return pressed


def saved(tab: Any) -> None:
    """Wait until nothing is unsent."""
    until(tab, "document.body.dataset.unsent === '0'")


WORDS = {"p": "present", "a": "absent", "u": "unsure"}


def told(home: Path) -> list[tuple[str, str]]:
    """What the table holds, as `press` says it."""
    letters = {word: letter for letter, word in WORDS.items()} | {"undo": "z"}
    return [
        (
            f"{kept.row.name}, {kept.row.start_s:.1f} to {kept.row.end_s:.1f} seconds of {kept.row.recording}, "
            f"score {kept.row.score:.2f}",
            letters[kept.row.answer],
        )
        for kept in rows(home)
    ]


def test_twenty_clips_by_keyboard_are_twenty_verdicts(browser: Any, served: Served, home: Path) -> None:
    context = browser.new_context()
    tab = opened(context, served)
    pressed = press(tab, "papauppaaupapapauppa")
    saved(tab)
    assert told(home) == pressed and len(pressed) == 20
    assert {kept.row.by for kept in rows(home)} == {"Ana"}
    assert len({clip for clip, _ in pressed}) == 20
    assert tab.locator("#counts").inner_text().startswith("20 answered (9 present, 8 absent, 3 unsure), ")

    # What was shown as answered is not asked again after a reload, and the next clip is the next one.
    following = current(tab)
    tab.reload()
    tab.wait_for_selector(".clip[aria-current=true]")
    assert current(tab) == following
    assert told(home) == pressed
    context.close()


def test_undo_takes_back_one_answer_after_another_even_after_a_reload(browser: Any, served: Served, home: Path) -> None:
    context = browser.new_context()
    tab = opened(context, served)
    first, second, third = press(tab, "pau")
    tab.keyboard.press("z")
    assert current(tab) == third[0]
    saved(tab)
    assert [one.present for one in read_verdicts(home / "detections" / "reviews.db")] == [True, False]
    tab.reload()
    tab.wait_for_selector(".clip[aria-current=true]")
    tab.keyboard.press("z")
    saved(tab)
    assert [one.present for one in read_verdicts(home / "detections" / "reviews.db")] == [True]
    assert len(rows(home)) == 5
    assert [kept.row.answer for kept in rows(home)] == ["present", "absent", "unsure", "undo", "undo"]
    assert first[0] != second[0]
    context.close()


def test_two_people_in_two_tabs_lose_nothing_and_see_where_they_differ(
    browser: Any, served: Served, home: Path
) -> None:
    one, other = browser.new_context(), browser.new_context()
    anas, bens = opened(one, served), opened(other, served)
    bens.fill("#by", "Ben")
    bens.locator("#by").blur()
    until(bens, "document.body.dataset.ready === '2'")
    pressed: dict[str, list[tuple[str, str]]] = {"Ana": [], "Ben": []}
    for ana, ben in zip("papap", "aaaap", strict=True):
        pressed["Ana"] += press(anas, ana)
        pressed["Ben"] += press(bens, ben)
    saved(anas)
    saved(bens)
    for name, its in pressed.items():
        own = [line for line, kept in zip(told(home), rows(home), strict=True) if kept.row.by == name]
        assert own == its
    anas.click("[data-view=disputed]")
    until(anas, "document.querySelectorAll('#clips .clip').length === 2")
    assert "Ben: absent" in anas.locator(".clip .said").first.inner_text()
    one.close()
    other.close()


def test_answers_given_while_the_server_is_dead_arrive_when_it_is_back(
    browser: Any, served: Served, home: Path
) -> None:
    context = browser.new_context()
    tab = opened(context, served)
    pressed = press(tab, "papap")
    saved(tab)
    served.kill()
    pressed += press(tab, "aapp")
    tab.wait_for_selector("#trouble:not([hidden])")
    assert tab.locator("#saving").inner_text() == "4 not saved yet"
    served.start()
    pressed += press(tab, "u")
    saved(tab)
    assert told(home) == pressed
    context.close()


def test_answers_of_a_tab_that_was_closed_before_they_were_sent_arrive(
    browser: Any, served: Served, home: Path
) -> None:
    context = browser.new_context()
    tab = opened(context, served)
    served.kill()
    pressed = press(tab, "pa")
    tab.close()
    served.start()
    again = opened(context, served)
    saved(again)
    assert told(home) == pressed
    context.close()


def test_a_killed_server_in_the_middle_of_sending_writes_each_answer_once(
    browser: Any, served: Served, home: Path
) -> None:
    context = browser.new_context()
    tab = opened(context, served)
    # The answer to the first write is lost on its way: the browser can't know, and sends it again.
    lost = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    tab.route("**/api/verdicts", lose)
    pressed = press(tab, "pap")
    saved(tab)
    assert lost and told(home) == pressed
    context.close()


def test_names_are_text(browser: Any, served: Served) -> None:
    context = browser.new_context()
    tab = opened(context, served)
    dialogs: list[str] = []
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    tab.fill("#by", "<script>alert(2)</script>")
    tab.locator("#by").blur()
    press(tab, "pp")
    saved(tab)
    tab.click("[data-view=judged]")
    until(tab, "document.querySelectorAll('#clips .clip').length === 2")
    assert tab.locator("img[src=x], .clip script").count() == 0
    assert dialogs == []
    context.close()


def test_everything_is_reached_by_keyboard_and_says_what_it_is(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport={"width": 640, "height": 450})  # 1280 x 900 at 200 %
    tab = opened(context, served)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 640
    unnamed = tab.evaluate(
        """[...document.querySelectorAll("button, input, select, progress, dialog, ol")].filter((one) =>
        !(one.textContent.trim() || one.labels?.[0]?.textContent.trim() || one.ariaLabel
          || one.getAttribute("aria-labelledby"))).map((one) => one.outerHTML)"""
    )
    assert unnamed == []
    reached = set()
    for _ in range(40):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.textContent.trim().slice(0, 20) || document.activeElement.id"))
    for word in ("Answered", "Disagreements", "What was missed", "Keys"):
        assert any(one.startswith(word) for one in reached), reached
    first = current(tab)
    tab.locator(".clip[aria-current=true]").focus()
    tab.keyboard.press("ArrowRight")
    assert current(tab) != first
    assert tab.evaluate("document.activeElement.getAttribute('aria-current')") == "true"
    tab.keyboard.press("ArrowLeft")
    assert current(tab) == first
    tab.keyboard.press("+")
    tab.wait_for_selector("#zoomed[open]")
    tab.keyboard.press("Escape")
    tab.keyboard.press("?")
    tab.wait_for_selector("#keys[open]")
    context.close()


def test_a_finger_answers_as_a_key_does(browser: Any, served: Served, home: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    tab = opened(context, served)
    clip = current(tab)
    tab.tap("[data-do=present]")
    saved(tab)
    assert told(home) == [(clip, "p")]
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    small = tab.evaluate(
        "[...document.querySelectorAll('#bar-of-keys button')].filter((one) => one.offsetHeight < 40).length"
    )
    assert small == 0
    context.close()


def test_a_call_is_marked_by_dragging_and_the_like_of_it_is_found(browser: Any, served: Served, home: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = opened(context, served)
    tab.click("[data-view=missed]")
    tab.fill("#search", "train0001")
    until(tab, "document.getElementById('long').alt.includes('train0001')")
    until(tab, "document.getElementById('long').complete && document.getElementById('long').naturalWidth > 0")
    box = tab.locator("#long").bounding_box()
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    tab.mouse.up()
    tab.fill("#mark [name=name]", "New frog")
    tab.click("text=Save the call")
    saved(tab)
    (verdict,) = read_verdicts(home / "detections" / "reviews.db")
    assert (verdict.recording, verdict.species, verdict.asked, verdict.present) == ("train0001", 2, "marked", True)
    assert 2.3 < verdict.start_s < 3.2 and 3.4 < verdict.end_s < 4.3
    assert 0 < verdict.low_hz < verdict.high_hz < 16_000
    assert tab.locator("#names option[value='New frog']").count() == 1  # to choose for the next call
    tab.click("#similar")
    tab.wait_for_selector("#alike .clip")
    assert tab.locator("#search-state").inner_text() == "8 of 8 recordings searched by its spectrogram."
    assert "train0001" in tab.locator("#alike .clip .where").first.inner_text()
    tab.keyboard.press("p")
    saved(tab)
    assert [one.asked for one in read_verdicts(home / "detections" / "reviews.db")][-1] == "similar"
    context.close()


def test_without_detections_calls_are_marked_and_named_at_once(browser: Any, home: Path) -> None:
    served = Served("--audio", str(home / "audio"), "--verdicts", str(home / "first.db"))
    served.start()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        tab = context.new_page()
        tab.on("pageerror", lambda error: FAULTS.append(str(error)))
        tab.goto(f"http://127.0.0.1:{served.port}/")
        until(tab, "document.getElementById('long').naturalWidth > 0")  # the first recording is open
        assert tab.locator("#missed-title").inner_text() == "Mark calls"
        tab.fill("#by", "Ana")
        for name, value in {"start_s": "1", "end_s": "2.5", "low_hz": "500", "high_hz": "3000", "name": "Frog"}.items():
            tab.fill(f"#mark [name={name}]", value)
        tab.keyboard.press("Enter")
        saved(tab)
        (verdict,) = read_verdicts(home / "first.db")
        assert (verdict.recording, verdict.start_s, verdict.species) == ("train0000", 1.0, 0)
        tab.click("[data-view=open]")
        tab.wait_for_selector("#nothing:not([hidden])")
    finally:
        context.close()
        served.kill()
