from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dawnchorus.evidence import Evidence, Known

N, FRAMES, SPECIES = 4, 3, 2


def weights(*shape: int, most: float = 4.0) -> st.SearchStrategy[np.ndarray]:
    # quarters: sums of them are exact
    return arrays(np.float32, shape, elements=st.integers(0, int(4 * most)).map(lambda n: n / 4), fill=st.nothing())


def evidences(*shape: int) -> st.SearchStrategy[Evidence]:
    return st.builds(Evidence, weights(*shape), weights(*shape))


windows = evidences(N, SPECIES)
knowns = st.builds(Known, windows, evidences(N, FRAMES, SPECIES))
orders = st.permutations(range(N)).map(np.array)
shares = st.floats(0, 1)


def same(one: Evidence | Known, other: Evidence | Known, atol: float = 1e-6) -> None:
    if isinstance(one, Known):
        same(one.windows, other.windows, atol)
        same(one.frames, other.frames, atol)
        return
    np.testing.assert_allclose(one.present, other.present, atol=atol)
    np.testing.assert_allclose(one.absent, other.absent, atol=atol)


# ---- sums ----------------------------------------------------------------------------------------------------


@given(windows)
@settings(deadline=None, max_examples=40)
def test_unknown_adds_nothing(one):
    same(one + Evidence.unknown(N, SPECIES), one, 0)
    same(Evidence.unknown(N, SPECIES) + one, one, 0)


@given(windows, windows, windows)
@settings(deadline=None, max_examples=40)
def test_the_order_of_sources_does_not_matter(one, other, third):
    same(one + other, other + one, 0)
    same((one + other) + third, one + (other + third), 0)


@given(knowns, knowns)
@settings(deadline=None, max_examples=40)
def test_both_grains_add_up(one, other):
    same(one + other, other + one, 0)
    same(one + Known.nothing(N, FRAMES, SPECIES), one, 0)


def test_a_persons_word_holds_against_what_is_told():
    # Cells: said present, said absent, nothing said.
    said = Evidence(np.float32([[1, 0, 0]]), np.float32([[0, 1, 0]]))
    told = Evidence(np.float32([[1, 1, 1]]), np.float32([[0.5, 0.5, 0]]))
    held = said.topped_up(told)
    assert held.present.tolist() == [[1, 0, 1]]
    assert held.absent.tolist() == [[0, 1, 0]]
    contradicted = said.topped_up(told, contradicted=True)
    assert contradicted.present.tolist() == [[1, 1, 1]]
    assert contradicted.absent.tolist() == [[0.5, 1, 0]]


@given(knowns)
@settings(deadline=None, max_examples=40)
def test_what_nobody_tells_changes_nothing(one):
    same(one.topped_up(Known.nothing(N, FRAMES, SPECIES)), one, 0)


def test_a_contradiction_can_be_said():
    both = Evidence(np.float32([[1.0]]), np.float32([[0.0]])) + Evidence(np.float32([[0.0]]), np.float32([[0.5]]))
    assert (both.present.item(), both.absent.item()) == (1.0, 0.5)


# ---- soft labels, weights ------------------------------------------------------------------------------------


@given(arrays(np.float32, (N, SPECIES), elements=st.floats(0, 1, width=32)), shares)
@settings(deadline=None, max_examples=40)
def test_presence_and_absence_of_a_soft_label_make_its_confidence(probability, confidence):
    soft = Evidence.soft(probability, confidence)
    np.testing.assert_allclose(soft.present + soft.absent, confidence, atol=1e-6)
    assert (soft.present >= 0).all()
    assert (soft.absent >= 0).all()


def test_a_soft_label_of_no_confidence_is_unknown():
    assert not Evidence.soft(np.full((N, SPECIES), 0.7, np.float32), 0.0).known.any()


@given(windows)
@settings(deadline=None, max_examples=40)
def test_weights_scale_each_side_by_itself(one):
    by_species = np.float32([2, 0.5])
    scaled = one.weighted(present=by_species)
    np.testing.assert_array_equal(scaled.present, one.present * by_species)
    np.testing.assert_array_equal(scaled.absent, one.absent)
    same(one.weighted(), one, 0)


# ---- mixing --------------------------------------------------------------------------------------------------


@given(windows, orders, st.booleans())
@settings(deadline=None, max_examples=40)
def test_the_whole_share_of_a_window_is_the_window(one, order, absent_too):
    same(one.mixed(1.0, order, absent_too), one, 0)


@given(windows, orders)
@settings(deadline=None, max_examples=40)
def test_no_share_of_a_window_is_its_partner(one, order):
    same(one.mixed(0.0, order), one[order], 0)


@given(windows, shares, orders, st.booleans())
@settings(deadline=None, max_examples=40)
def test_mixed_weights_are_never_negative(one, share, order, absent_too):
    mixed = one.mixed(share, order, absent_too)
    assert mixed.present.min() >= 0
    assert mixed.absent.min() >= 0


@given(windows, shares, orders)
@settings(deadline=None, max_examples=40)
def test_mixing_with_a_permutation_keeps_the_total_of_every_species(one, share, order):
    mixed = one.mixed(share, order)
    np.testing.assert_allclose(mixed.present.sum(0), one.present.sum(0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(mixed.absent.sum(0), one.absent.sum(0), rtol=1e-5, atol=1e-5)


@given(windows, windows, shares, orders)
@settings(deadline=None, max_examples=40)
def test_mixing_a_sum_is_the_sum_of_the_mixed(one, other, share, order):
    same((one + other).mixed(share, order), one.mixed(share, order) + other.mixed(share, order), 1e-4)


@given(windows, shares, orders)
@settings(deadline=None, max_examples=40)
def test_absence_stays_where_only_presence_is_mixed(one, share, order):
    np.testing.assert_array_equal(one.mixed(share, order, absent_too=False).absent, one.absent)


@given(windows, orders)
@settings(deadline=None, max_examples=40)
def test_mixing_two_unknown_cells_gives_an_unknown_cell(one, order):
    known = one.mixed(0.5, order).known
    np.testing.assert_array_equal(known, one.known | one.known[order])


@given(knowns, arrays(np.float32, N, elements=st.floats(0, 1, width=32)), orders)
@settings(deadline=None, max_examples=40)
def test_both_grains_are_mixed_by_the_share_of_their_window(one, share, order):
    mixed = one.mixed(share, order)
    for window in range(N):
        alone = one.mixed(float(share[window]), order)
        same(mixed[[window]], alone[[window]], 1e-5)


# ---- what is known -------------------------------------------------------------------------------------------


def test_a_cell_is_known_by_presence_or_by_absence():
    one = Evidence(np.float32([[1, 0, 0, 0.5]]), np.float32([[0, 0.2, 0, 0.5]]))
    assert one.known.tolist() == [[True, True, False, True]]
    assert not Evidence.unknown(N, SPECIES).known.any()


def test_a_window_is_informed_by_either_grain():
    known = Known.nothing(3, FRAMES, SPECIES)
    known.windows.absent[0, 1] = 1
    known.frames.present[2, 1, 0] = 0.5
    assert known.informed.tolist() == [True, False, True]


@given(knowns, orders)
@settings(deadline=None, max_examples=40)
def test_rows_are_taken_at_both_grains(one, order):
    taken = one[order[:2]]
    np.testing.assert_array_equal(taken.windows.present, one.windows.present[order[:2]])
    np.testing.assert_array_equal(taken.frames.absent, one.frames.absent[order[:2]])
    np.testing.assert_array_equal(taken.informed, one.informed[order[:2]])


# ---- torch ---------------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[Known, np.ndarray], Known]] = {
    "sum": lambda known, _: known + known,
    "weighted": lambda known, _: known.weighted(2.0, 0.5),
    "mixed": lambda known, order: known.mixed(0.25, order),
    "mixed_present": lambda known, order: known.mixed(0.25, order, absent_too=False),
    "rows": lambda known, order: known[order[:2]],
}


@pytest.mark.parametrize("name", OPERATIONS)
@given(known=knowns, order=orders)
@settings(max_examples=8, deadline=None)
def test_tensors_obey_the_same_laws(name, known, order):
    torch = pytest.importorskip("torch")

    def tensors(of: Evidence) -> Evidence:
        return Evidence(torch.from_numpy(of.present), torch.from_numpy(of.absent))

    expected = OPERATIONS[name](known, order)
    found = OPERATIONS[name](Known(tensors(known.windows), tensors(known.frames)), torch.from_numpy(order))
    assert isinstance(found.windows.present, torch.Tensor)
    same(found, expected)
    np.testing.assert_array_equal(found.informed, expected.informed)
    np.testing.assert_array_equal(found.frames.known, expected.frames.known)


def test_tensors_are_mixed_by_the_share_of_their_window():
    torch = pytest.importorskip("torch")
    present = torch.eye(2)
    known = Known(Evidence(present, present * 0), Evidence(present[:, None], present[:, None] * 0))
    mixed = known.mixed(torch.tensor([1.0, 0.25]), torch.tensor([1, 0]))
    assert mixed.windows.present.tolist() == [[1.0, 0.0], [0.75, 0.25]]
    assert mixed.frames.present.tolist() == [[[1.0, 0.0]], [[0.75, 0.25]]]
