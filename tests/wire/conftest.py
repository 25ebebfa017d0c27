"""Hypothesis here looks for wrong answers, not slow ones: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("wire", deadline=None)
settings.load_profile("wire")
