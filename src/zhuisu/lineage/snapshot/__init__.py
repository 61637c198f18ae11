"""The facts of the log up to a position as flat arrays, and walks over them. docs/concepts/snapshot.md."""
