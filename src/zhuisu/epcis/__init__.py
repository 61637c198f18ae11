"""The EPCIS 2.0 event as a value: read, write, hash. Pure."""
