"""How many digits training computes with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def precision() -> str:
    """`bf16-mixed` where the processor computes in bf16, else `32-true`: emulated bf16 is many times slower."""
    if torch.cuda.is_available():  # older GPUs, a T4 for one, emulate bf16 too
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
    return "bf16-mixed" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "32-true"


def device() -> torch.device:
    """Where networks are trained and asked: the GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast() -> torch.autocast:
    """What a network computes with outside of training, on `device`."""
    kind = torch.float16 if precision() == "16-mixed" else torch.bfloat16
    return torch.autocast(device().type, kind, enabled=precision() != "32-true")


@contextmanager
def grouped_in_float32(network: nn.Module) -> Iterator[None]:
    """Inside, grouped convolutions compute in float32 and everything else as it is told.

    The backward pass of a depthwise convolution in bf16 is so slow on CPUs that EfficientNet-lite0 trains 24 windows
    a second on a core; this way 48, and 33 all in float32 (`benchmarks/training_speed.py`). GPUs are left alone.
    """
    grouped = [one for one in network.modules() if isinstance(one, nn.Conv2d) and one.groups > 1]
    if torch.cuda.is_available() or precision() == "32-true":
        grouped = []
    for one in grouped:
        one.forward = _in_float32(one)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for one in grouped:
            del one.forward  # the class's own is there again


def _in_float32(convolution: nn.Conv2d):  # type: ignore[no-untyped-def]
    plain = convolution.forward

    def forward(features: Tensor) -> Tensor:
        if not convolution.training:
            return plain(features)
        with torch.autocast("cpu", enabled=False):
            return plain(features.float())

    return forward
