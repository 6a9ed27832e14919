"""Gradient descent beside other algorithms."""
