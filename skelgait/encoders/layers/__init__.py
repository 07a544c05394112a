"""Layers of the skeleton encoders: activations lie as (B, T, K, width), so that every keypoint's numbers are together."""
