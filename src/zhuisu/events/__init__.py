"""The append-only core: capture, store, query, and the proof of integrity."""
