"""Worker processes beside the server, kept running."""

import subprocess
import threading

from classifr.cli.serving import workers as workers_module
from classifr.cli.serving.workers import Workers


def test_worker_that_cannot_be_started_is_tried_again(monkeypatch):
    tries: list[float] = []
    tried_again = threading.Event()

    def refuse(*_: object, **__: object) -> None:
        tries.append(0)
        if len(tries) == 2:
            tried_again.set()
        raise OSError("no process is left")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(workers_module, "_FIRST_PAUSE_SECONDS", 0.01)
    with Workers(1) as workers:
        workers.start()
        assert tried_again.wait(10)
