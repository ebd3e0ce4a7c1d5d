import subprocess
import sys


def test_openvino_comes_without_its_reporter() -> None:
    code = (
        "import sys, os\n"
        "def forked(): raise SystemExit('forked')\n"
        "os.register_at_fork(before=forked)\n"
        "from dawnchorus.offline import openvino\n"
        "assert openvino().Core().available_devices\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
