"""What several pages draw: the chart, its style, words, small multiples."""
