"""The tools of the sweeps."""
