"""EPCIS 2.0 over HTTP: every address under /epcis."""
