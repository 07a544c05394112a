"""Biomechanics of walking: events, angles, cycles, descriptors."""
