"""A library that sets the clock of a process that loads it first, without touching the machine's."""

import shutil
import subprocess
from pathlib import Path

# The variable that says by how many seconds, at any moment.
SECONDS = "ML_ASSETS_TESTS_CLOCK"
_SOURCE = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t off(void) {{
    const char *seconds = getenv("{SECONDS}");
    return seconds ? atol(seconds) : 0;
}}

int clock_gettime(clockid_t clock, struct timespec *found) {{
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, found);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) found->tv_sec += off();
    return code;
}}

int gettimeofday(struct timeval *found, void *zone) {{
    struct timespec now;
    int code = clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec;
    found->tv_usec = now.tv_nsec / 1000;
    return code;
}}

time_t time(time_t *found) {{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (found) *found = now.tv_sec;
    return now.tv_sec;
}}
"""


def clock_library(folder: Path) -> Path | None:
    """Compile the library into a folder; None where there is no C compiler for Linux."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE)
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, check=False)
    return library if done.returncode == 0 else None
