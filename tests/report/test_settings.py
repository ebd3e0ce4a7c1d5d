from dawnchorus.report.settings import settings_section


def test_every_setting_is_a_row_and_its_words_are_escaped():
    text = settings_section({"seed": "0", "note": "<b>"})
    assert '<tr><th scope="row">seed</th><td>0</td></tr>' in text and "<td>&lt;b&gt;</td>" in text
