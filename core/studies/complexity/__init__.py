"""What a gradient costs."""
