"""What leaves the house: scripts that repeat a run, its weights, its history."""
