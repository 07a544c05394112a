"""Hundreds of walks: extracted, measured, scored and reported, each kept under a key of what it was made from."""
