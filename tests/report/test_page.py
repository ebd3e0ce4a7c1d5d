import re
from xml.etree import ElementTree

import pytest

from dawnchorus.report.page import page, write
from report.whole import HOSTILE, Page, full, nothing, visible


@pytest.mark.parametrize("report", [full(), full(HOSTILE), nothing()], ids=["full", "hostile", "empty"])
def test_a_page_is_whole_and_refers_to_nothing_outside(report):
    tags = Page(page(report)).tags
    assert not {"script", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in tags}
    for _, attrs in tags:
        assert all(attrs[key].startswith("data:image/png;base64,") for key in ("src", "srcset") if key in attrs)
        assert all(attrs[key][0] == "#" or attrs[key].startswith("data:") for key in ("href",) if key in attrs)
        assert not any(key.startswith("on") or key == "style" for key in attrs)


def test_the_page_has_no_address_in_it():
    text = page(full()).replace("http-equiv", "")
    assert "http" not in text and "url(" not in text and "@import" not in text


def test_the_policy_allows_this_style_sheet_and_data_pictures_only():
    (policy,) = (a["content"] for t, a in Page(page(full())).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert "img-src data:;" in policy


def test_hostile_names_are_words_on_the_page():
    text = page(full(HOSTILE))
    assert "<script" not in text and "<img" not in text and "\x00" not in text
    assert "<script>alert(1)</script>" in visible(text)
    text.encode("utf-8")


def test_every_picture_on_the_page_is_xml():
    pictures = re.findall(r"<svg.*?</svg>", page(full(HOSTILE)), re.DOTALL)
    assert len(pictures) > 8
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("aria-label") or root.get("aria-hidden") == "true"


def test_the_sections_stand_in_the_order_of_reading():
    found = [attrs["id"] for tag, attrs in Page(page(full())).tags if tag == "section"]
    assert found == ["scores", "meaning", "species", "pseudo", "losses", "recordings", "problems", "made"]
    links = [attrs["href"][1:] for tag, attrs in Page(page(full())).tags if tag == "a"]
    assert links == found


def test_a_report_is_written_the_same_twice(tmp_path):
    write(tmp_path / "a.html", full())
    write(tmp_path / "b.html", full())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]
