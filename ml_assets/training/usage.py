"""Measures what work takes: seconds, and the process's memory, sampled while it runs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

_EVERY_SECONDS = 0.02
_MB = 1e6


@dataclass
class Meter:
    """What work takes, so far or in all.

    Attributes
    ----------
    began : float
        When, in seconds of a clock that only ever grows.
    held_mb : float
        The megabytes of resident memory that the process held when the work began.
    resident_mb : callable
        Gives those that it holds now.
    peak_mb : float
        The most that it held beyond that. Memory is sampled every 0.02 seconds, and whenever `look` is
        called: a shorter peak, or one of a library that keeps Python's other threads waiting, is missed.
    seconds : float
        How long it took; 0 until the end.
    """

    began: float
    held_mb: float
    resident_mb: Callable[[], float] = field(repr=False)
    peak_mb: float = 0.0
    seconds: float = 0.0

    def look(self) -> float:
        """Look at the memory now, and give the peak."""
        self.peak_mb = max(self.peak_mb, self.resident_mb() - self.held_mb)
        return self.peak_mb

    def rows_per_second(self, rows: int) -> float | None:
        """How many of so many rows were worked through in each second; None if it took no time."""
        return rows / self.seconds if self.seconds else None


@contextmanager
def metered() -> Iterator[Meter]:
    """Measure the work that is done inside; the peak is that of the whole process."""
    process = psutil.Process()

    def resident_mb() -> float:
        return float(process.memory_info().rss) / _MB

    meter = Meter(time.monotonic(), resident_mb(), resident_mb)
    stopped = threading.Event()
    watch = threading.Thread(target=_watch, args=(meter, stopped), daemon=True)
    watch.start()
    try:
        yield meter
    finally:
        stopped.set()
        watch.join()
        meter.look()
        meter.seconds = time.monotonic() - meter.began


def _watch(meter: Meter, stopped: threading.Event) -> None:
    while not stopped.wait(_EVERY_SECONDS):
        meter.look()
