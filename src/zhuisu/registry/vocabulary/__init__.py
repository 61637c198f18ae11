"""Vocabularies of EPCIS: the master data that documents bring in their headers, and the register seen as such."""
