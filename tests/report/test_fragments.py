from dawnchorus.report.page import page
from report.whole import full


def test_every_table_has_a_caption_and_headings():
    text = page(full())
    assert text.count("<table>") == text.count("<caption>") == text.count("<thead>") >= 5
    assert '<th scope="col">' in text and '<th scope="row">' in text
