"""Denoising: what sounds all the time is taken out of a recording, and what stands out of it stays.

The memo does not say how it denoised. This is our reading: stationary spectral gating (Sainburg et al. 2020) as the
library noisereduce does it. In each band of frequencies the gate opens where the sound is louder than usual there, and
what is usual is told by the sound itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_FFT = 1024  # samples in a frame of the gate; the library's own value, 32 ms at 32 kHz
THRESHOLD_STDS = 1.5  # the gate opens this many standard deviations above a band's mean level in dB; the library's own


def denoise(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Samples `(sample,)` without the noise that runs through all of them.

    The gate's edges are smoothed over 500 Hz and 50 ms, so that narrow whistles and short clicks become softer too (a
    pure tone by 10 dB), and what sounds for a good part of the time counts as noise. Silence stays silence. A sound
    shorter than a frame of the gate comes back as it is: nothing is usual in it.

    Raises ImportError, with what to install, where the library is missing.
    """
    if len(samples) < N_FFT or not samples.any():
        return samples
    try:
        from noisereduce import reduce_noise
    except ImportError as error:
        raise ImportError('denoising needs noisereduce; install it with: pip install "dawnchorus[train]"') from error
    denoised: NDArray[np.float32] = reduce_noise(
        y=samples,
        sr=rate_hz,
        stationary=True,
        n_std_thresh_stationary=THRESHOLD_STDS,
        n_fft=N_FFT,
        # One chunk: in the library's own, the first 600,000 samples (19 s) alone would say what is usual, and chunks
        # would go through a temporary file.
        chunk_size=len(samples),
        n_jobs=1,
    )
    return denoised
