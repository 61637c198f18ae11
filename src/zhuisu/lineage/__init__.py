"""Walks up and down the links that events make between items."""
