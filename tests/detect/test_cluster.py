"""A cluster of two nodes on this machine: the bytes of a local run, also when one of them is lost in the middle."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sounds
from dawnchorus import __version__
from dawnchorus.detect import cluster
from dawnchorus.detect.analyse import Job, Result, Task
from dawnchorus.detect.process import WorkerError
from dawnchorus.detect.run import Wanted, run
from detect import archive, bucket, tiny_model

pytest.importorskip("ray", reason="the `cluster` extra is not installed")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several nodes on one machine are of Linux")

FILES = 24
STORE_BYTES = 80 * 2**20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, an archive of short files, and what a run on this machine leaves."""
    folder = tmp_path_factory.mktemp("cluster")
    tiny_model.write(folder / "model")
    archive.many(folder / "audio", FILES)
    run(Wanted(folder / "model", (folder / "audio",), folder / "local", keep_scores=True, workers=1))
    return folder


@pytest.fixture(scope="module")
def files() -> Iterator[Any]:
    """An object store that all machines see."""
    with bucket.served() as found:
        yield found


@pytest.fixture(scope="module")
def machines(files: Any) -> Iterator[Any]:
    """A cluster whose head has one core; a node's death is noticed within seconds."""
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))  # this code is on all machines
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        soon = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000, "health_check_failure_threshold": 3}
        soon["agent_register_timeout_ms"] = 120_000  # a busy machine is slow to start
        head = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False, "_system_config": soon}
        found = Cluster(initialize_head=True, head_node_args=head)
        try:
            ray.init(address=found.address, logging_level="ERROR", log_to_driver=False)
            yield found
        finally:
            ray.shutdown()
            found.shutdown()


def wanted(home: Path, out: Path) -> Wanted:
    return Wanted(home / "model", (home / "audio",), out, keep_scores=True, engine="ray")


def test_two_nodes_and_one_of_them_lost_give_the_bytes_of_a_local_run(
    home: Path, tmp_path: Path, machines, monkeypatch
) -> None:
    second = machines.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    machines.wait_for_nodes()
    ask, done, lost = cluster._Run._ask, 0, []

    def ask_and_lose(self, actor) -> None:
        """The second node is lost with its third file, which it has not even begun."""
        nonlocal done
        here = actor.name.startswith(second.node_id[:8])
        done += here
        process = int(actor.name.rpartition("/")[2])
        if lost or not here or done < 3:
            return ask(self, actor)
        os.kill(process, signal.SIGSTOP)
        ask(self, actor)
        # Before its node: a stopped process may be woken when its parent is gone, and would go on hearing.
        os.kill(process, signal.SIGKILL)
        machines.remove_node(second, allow_graceful=False)
        lost.append(actor.job.number)

    monkeypatch.setattr(cluster._Run, "_ask", ask_and_lose)
    ran = run(wanted(home, tmp_path))
    assert len(lost) == 1
    assert archive.outputs(tmp_path) == archive.outputs(home / "local")
    cover = json.loads((tmp_path / "summary.json").read_text())["coverage"]
    assert cover == {"seconds_in": 2.0 * FILES, "seconds_analysed": 2.0 * FILES, "seconds_lost": 0, "lost": {}}
    rows = archive.rows(tmp_path / "ledger.sqlite")
    by_node = {str(row["worker"]).partition("/")[0] for row in rows.values()}
    assert len(by_node) == 2, "both nodes heard something"
    (again,) = [row for row in rows.values() if row["number"] == lost[0]]
    assert not str(again["worker"]).startswith(second.node_id[:8])
    assert ran.progress.files_done == FILES + 1, "no file is counted twice"


def test_recordings_in_an_object_store_give_the_same_bytes_and_results_go_there(
    home: Path, tmp_path: Path, machines, files
) -> None:
    url = bucket.fill(files, home / "audio", "cards")
    run(replace(wanted(home, tmp_path), audio=(url,), copy_to=f"s3://{bucket.NAME}/results"))
    expected = archive.outputs(home / "local")
    assert archive.outputs(tmp_path) == expected
    with files.open_input_stream(f"{bucket.NAME}/results/detections.csv") as copy:
        assert copy.read() == expected["detections.csv"]


def test_a_file_that_hangs_is_stopped_and_one_that_kills_its_process_is_named(
    tmp_path: Path, machines, monkeypatch
) -> None:
    class Bad(cluster.Hearer):
        def hear(self, job: Job) -> Result | str:
            mark = job.path.with_suffix(".mark")
            if job.path.name.startswith("hang"):
                time.sleep(1000)
            if job.path.name.startswith("crash") or (job.path.name.startswith("once") and not mark.exists()):
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().hear(job)

    monkeypatch.setattr(cluster, "Hearer", Bad)
    monkeypatch.setattr(cluster, "TRIES", 2)
    said: dict[str, list[str]] = {}

    def done(job: Job, result: Result, _: str) -> None:
        assert job.path.name not in said
        said[job.path.name] = [fault.code for fault in result.faults]

    jobs = []
    for number, name in enumerate(("hang.wav", "crash.wav", "once.wav", "good.wav")):
        stat = sounds.write_wav(tmp_path / name, archive.bursts(0.5, 0.1), archive.RATE_HZ).stat()
        jobs.append(Job(number, tmp_path / name, stat.st_size, stat.st_mtime_ns))
    cluster.analyse(Task(None), jobs, 1, 3.0, done)
    assert said == {"hang.wav": ["stalled"], "crash.wav": ["crashed"], "once.wav": [], "good.wav": []}


def test_an_actor_that_cannot_load_its_model_ends_the_run_with_its_words(home: Path, tmp_path: Path, machines) -> None:
    stat = (home / "audio" / "card0" / "broken.wav").stat()
    job = Job(0, home / "audio" / "card0" / "broken.wav", stat.st_size, stat.st_mtime_ns)
    (tmp_path / "model").mkdir()
    with pytest.raises(WorkerError, match=r"no package.json here"):
        cluster.analyse(Task(tmp_path / "model"), [job], 1, 60.0, lambda *_: None)


def test_a_model_that_was_sent_to_a_machine_does_not_stay_on_its_disk(
    home: Path, tmp_path: Path, machines, monkeypatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sent = {path.name: path.read_bytes() for path in (home / "model").iterdir()}
    hearer = cluster.Hearer()
    _, wrong = hearer.begin(Task(Path("of another machine")), sent, __version__)
    assert (wrong, list(tmp_path.iterdir())) == ("", [])
    path = sorted((home / "audio").rglob("*.flac"))[0]
    heard = hearer.hear(Job(0, path, path.stat().st_size, path.stat().st_mtime_ns))
    assert isinstance(heard, Result)
    assert heard.whole is not None, "it hears all the same"


def test_without_ray_or_a_cluster_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr(ray, "init", no_cluster)
    with pytest.raises(WorkerError, match="ray start --head"):
        cluster.connect()
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WorkerError, match=r"dawnchorus\[cluster\]"):
        cluster.connect()


def no_cluster(**_: object) -> None:
    raise ConnectionError("nobody answers")
