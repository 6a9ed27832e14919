"""The playground's charts: its network, its maps, its explanations."""
