"""Five misconceptions, each with its experiment."""
