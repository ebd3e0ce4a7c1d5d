from dawnchorus.report.content import PseudoRow
from dawnchorus.report.pseudo import pseudo_section


def test_labels_of_people_and_of_models_are_summed_over_the_species_of_a_stage():
    rows = [
        PseudoRow(1, "stage 2", "frog", 1, 2, 30, 4, mass=20.0, tp=10, tp_presence=9.0),
        PseudoRow(1, "stage 2", "owl", 10, 20, 300, 40, mass=200.5, tp=30, tp_presence=21.0),
    ]
    for cells in ((11, 330, 22, 44), (220, "0.75", "–")):
        line = "".join(f"<td>{cell}</td>" for cell in cells)
        assert f'<tr><th scope="row">stage 2, round 1</th>{line}</tr>' in pseudo_section(rows)


def test_agreement_is_of_stages_that_learnt_from_models():
    rows = [PseudoRow(0, "stage 1", "frog", 1, 2, 0, 0), PseudoRow(1, "stage 2", "frog", 1, 2, 0, 0, mass=0.4)]
    section = pseudo_section(rows)
    assert section.count("Mean presence in TP boxes") == 1 and section.count("stage 1</th>") == 1
    assert "Mean presence in TP boxes" not in pseudo_section(rows[:1])


def test_without_pseudo_labels_the_section_says_so():
    assert "No pseudo-labels were made" in pseudo_section([])
