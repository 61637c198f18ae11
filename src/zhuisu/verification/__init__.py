"""Is it genuine: what the issue log, the events and earlier scans say about one code."""
