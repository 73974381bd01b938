"""Looks for known values in everything that a deploy writes."""
