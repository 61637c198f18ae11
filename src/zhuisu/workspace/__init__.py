"""The desk of those who signed in: what they sent, their codes and labels, their keys."""
