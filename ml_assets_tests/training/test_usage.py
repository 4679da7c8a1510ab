import time

import numpy as np
import pytest

from ml_assets.training.usage import Meter, metered


def test_memory_that_is_held_at_a_look_is_seen() -> None:
    with metered() as meter:
        held = np.ones(25_000_000)
        assert meter.look() > 180
        del held
    assert 180 < meter.peak_mb < 400
    assert meter.seconds > 0


def test_memory_that_was_freed_before_the_end_is_seen_too() -> None:
    with metered() as meter:
        began = time.monotonic()
        held = np.ones(25_000_000)
        while meter.peak_mb < 180 and time.monotonic() - began < 60:
            held += 1.0  # the meter looks from a thread of its own
        del held
    assert meter.peak_mb > 180


def test_work_that_fails_is_measured_and_fails() -> None:
    with pytest.raises(ValueError, match="wrong"), metered() as meter:
        raise ValueError("wrong")
    assert meter.seconds > 0
    assert meter.rows_per_second(100) == 100 / meter.seconds
    meter.seconds = 0.0
    assert meter.rows_per_second(100) is None


def test_memory_that_is_given_back_meanwhile_hides_nothing_that_is_taken() -> None:
    resident = iter([900.0, 400.0, 700.0, 650.0])
    meter = Meter(began=0.0, held_mb=1000.0, resident_mb=lambda: next(resident))
    assert [meter.look() for _ in range(4)] == [0.0, 0.0, 300.0, 300.0]
