"""Where pictures draw things, read off their paths."""

import re


def runs_of(path):
    """From where to where each part of a path runs that goes straight down."""
    return [(float(begins), float(ends)) for begins, ends in re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", path)]
