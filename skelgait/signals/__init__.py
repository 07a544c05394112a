"""Cleaning and understanding the raw trace: gaps, swaps, filters, travel, view, scale."""
