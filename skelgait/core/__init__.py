"""The nouns every other room speaks of."""
