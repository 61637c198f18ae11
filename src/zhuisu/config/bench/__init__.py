"""Measurements. Each figure comes with a baseline of the same run: this machine's speed drifts, ratios do not."""
