"""One address for every code: which links exist for a thing, and who else answers for it."""
