"""The playground's controls and tools."""
