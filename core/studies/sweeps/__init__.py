"""Sweeps over networks, and over whole studies."""
