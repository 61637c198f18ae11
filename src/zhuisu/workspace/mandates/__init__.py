"""Mandates at the desk: whom we let record for us, and who lets us."""
