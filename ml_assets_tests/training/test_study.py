import json
import threading
from pathlib import Path

import optuna
from optuna.trial import create_trial

from ml_assets.training.study import open_study


def begin(path: Path) -> None:
    """Leave a study with two trials, the first of which is the best."""
    with open_study(path, "minimize", print) as study:
        for value in (1.5, 2.5):
            study.add_trial(create_trial(value=value))


def test_a_study_is_found_again(tmp_path: Path) -> None:
    begin(tmp_path / "studies" / "s.journal")
    with open_study(tmp_path / "studies" / "s.journal", "minimize", print) as study:
        assert study.best_value == 1.5


def test_every_torn_end_is_cut_off(tmp_path: Path) -> None:
    whole = tmp_path / "whole.journal"
    begin(whole)
    content = whole.read_bytes()
    last = content.rstrip(b"\n").rfind(b"\n") + 1
    for end in (last + 1, last + 10, len(content) - 2, len(content) - 1):
        path = tmp_path / f"{end}.journal"
        path.write_bytes(content[:end])
        with open_study(path, "minimize", print) as study:
            assert study.best_value == 1.5
            study.tell(study.ask(), 0.25)
        assert all(json.loads(line) for line in path.read_bytes().splitlines())
        with open_study(path, "minimize", print) as study:
            assert study.best_value == 0.25


def test_garbage_in_the_middle_keeps_what_stands_before(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    begin(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-1], b"\x00\x00\xff\n", lines[-1]]))
    with open_study(path, "minimize", print) as study:
        assert study.best_value == 1.5


def test_a_second_process_waits_and_says_so(tmp_path: Path) -> None:
    path, waits, done = tmp_path / "s.journal", threading.Event(), threading.Event()

    def second() -> None:
        with open_study(path, "minimize", lambda line: waits.set()) as study:
            assert study.best_value == 3.0
        done.set()

    with open_study(path, "minimize", print) as study:
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        assert not done.is_set()
        study.tell(study.ask(), 3.0)
    thread.join(60)
    assert done.is_set()


def test_optuna_is_quiet(tmp_path: Path) -> None:
    with open_study(tmp_path / "s.journal", "minimize", print):
        assert optuna.logging.get_verbosity() == optuna.logging.WARNING
