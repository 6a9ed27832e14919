"""A visitor's running experiment, and the board of live charts."""
