"""Shared by several pages: the chart, its style, names, small multiples."""
