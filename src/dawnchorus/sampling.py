"""Under-sampling: every species is heard as often as the rarest one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class UnderSample:
    """Draws the recordings of each lap (pass) so that all species known present are equally frequent.

    A recording stands in a list once for each species known present in it. In this list every species is cut, by
    chance, to the count of the rarest one (imbalanced-learn's RandomUnderSampler).

    The switches repeat two slips of the memo's run (exp0150). `faithful_constant_draw` draws the same in every lap.
    `faithful_stale_labels` lists recordings with FP boxes alone also under the species of another recording: the last
    one, in the order of the keys, that has a TP box.
    """

    faithful_constant_draw: bool = False
    faithful_stale_labels: bool = False

    def draw(
        self, positives: Mapping[str, Sequence[int]], lap: int, seed: int, absent_only: Collection[str] = ()
    ) -> list[str]:
        """The recordings of a lap, sorted; one that counts for several species may be there several times.

        `positives` are the species known present in each recording, in any window, whether a person or a pseudo-label
        says so; recordings without any are never drawn. `absent_only` are the recordings with FP boxes alone.
        """
        listed = {recording: set(species) for recording, species in positives.items()}
        if self.faithful_stale_labels:
            last = max((recording for recording in listed if recording not in absent_only), default=None)
            stale = listed[last] if last is not None else set()
            listed |= {recording: listed.get(recording, set()) | stale for recording in absent_only}
        rows = [(recording, species) for recording in sorted(listed) for species in sorted(listed[recording])]
        if len({species for _, species in rows}) < 2:  # the sampler wants something to balance
            return [recording for recording, _ in rows]
        try:
            from imblearn.under_sampling import RandomUnderSampler
        except ImportError as error:
            raise ImportError(
                'under-sampling needs imbalanced-learn; install it with: pip install "dawnchorus[train]"'
            ) from error
        sampler = RandomUnderSampler(random_state=seed if self.faithful_constant_draw else seed + lap)
        sampler.fit_resample([[number] for number in range(len(rows))], [species for _, species in rows])
        return [rows[number][0] for number in sorted(sampler.sample_indices_)]
