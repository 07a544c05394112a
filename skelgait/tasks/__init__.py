"""The clinical questions, as data with their sources."""
