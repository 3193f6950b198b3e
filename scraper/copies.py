"""Temporary."""

THRESHOLD = 0.8


def signature(body):
    return None


def bands(s):
    return ()


def similarity(a, b):
    return 0.0
