"""Side-by-side speed and quality, run by hand; never timed tests."""
