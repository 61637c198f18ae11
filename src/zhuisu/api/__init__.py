"""The machine's door: EPCIS 2.0 over HTTP."""
