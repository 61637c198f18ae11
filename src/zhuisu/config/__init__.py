"""Settings, urls, commands: the only place that knows everything."""
