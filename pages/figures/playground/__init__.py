"""The playground's charts: network, maps and explanations."""
