"""A visitor's experiment under way, and the board of live charts."""
