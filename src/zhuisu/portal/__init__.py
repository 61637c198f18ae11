"""The public's door: scan a code, read its story."""
