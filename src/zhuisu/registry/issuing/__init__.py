"""Issuing of the platform's own codes as ranges, and import of codes that other authorities issue."""
