"""Many runs: what varies, who does the work, and what the table of them says."""
