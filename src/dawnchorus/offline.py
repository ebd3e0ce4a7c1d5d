"""Libraries that would use the network without being asked are kept from it."""

from __future__ import annotations

import logging
import sys
from typing import Any


def openvino() -> Any:
    """The module `openvino`, imported so that it does not report its use.

    By itself it sends an event to its makers whenever it is imported, out of a process that it forks for that. It does
    without its reporter where that can't be imported. Nothing here uses the network unless it is asked to; and a fork
    in the middle of a program with threads may hang, and keep open what it inherited.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as module

    return module


def nncf() -> Any:
    """The module `nncf`, without its reporter, which is that of OpenVINO. It says no more than errors.

    Raises ImportError where it is not installed.
    """
    openvino()  # keeps the reporter away
    if "openvino_telemetry" in sys.modules and sys.modules["openvino_telemetry"] is not None:
        raise ImportError("openvino_telemetry was imported before, and would report what NNCF is used for")
    import nncf as module

    module.set_log_level(logging.ERROR)
    return module
