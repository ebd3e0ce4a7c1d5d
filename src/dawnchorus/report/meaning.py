"""The section that says what the numbers mean."""

from __future__ import annotations

MEANING = """<dl class="meaning">
<dt>cmAP</dt><dd>For one species, sort all recordings by how sure the detector is that it calls there. Average
precision (AP) is 1 when all recordings with the species come first. cmAP is the mean of AP over the species, so a
rare species counts as much as a common one. <b>Read this number first.</b></dd>
<dt>LWLRAP</dt><dd>For one recording, sort the species by how sure the detector is. The score is 1 when the species
that call come before those that don't. Knowing merely which species are common already scores well here; compare it
with the floors.</dd>
<dt>Event mAP</dt><dd>The strictest score: each call must be found in time, with a start and an end, and a stretch
reported where the species doesn't call counts against it. It needs every true call to be known.</dd>
<dt>Precision and recall</dt><dd>Of what the detector reports, the share that is correct; and of what is there, the
share it reports. Both depend on the threshold, AP does not.</dd>
<dt>AUC</dt><dd>The chance that a recording with the species scores higher than one without. 0.5 is guessing.</dd>
<dt>Floors</dt><dd>What answers reach that ignore the sound: the same score for everything, or how common each
species is. A score is worth only what it has above its floor.</dd>
<dt>95&nbsp;% interval</dt><dd>The scores vary with the recordings that happen to be tested. Drawing the test
recordings again and again (with replacement), 95&nbsp;% of the scores lie in the interval. Few recordings make it
wide.</dd>
<dt>Full truth and partial labels</dt><dd>With <i>full truth</i>, everything that calls is known. With <i>partial
labels</i>, people checked only some boxes, the rest is unknown and left out of the score. The checked boxes are no
fair sample: often a template matcher chose them. A model taught with pseudo-labels changes most where nobody
checked, and there partial labels can neither reward nor punish it. So they <b>cannot say which of two variants with
pseudo-labels is better</b>; full truth on a few recordings can.</dd>
<dt>n/a</dt><dd>Could not be computed, for example because no tested recording has the species. It doesn't mean
0.</dd>
</dl>"""
