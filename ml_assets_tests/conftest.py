"""Hypothesis draws the same examples in every run, so that a failure tells of a change and not of chance.

``HYPOTHESIS_PROFILE=explore python -m pytest`` draws others.
"""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
