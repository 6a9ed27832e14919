"""The playground as a study, and its lessons."""
