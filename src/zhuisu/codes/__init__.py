"""Identifier schemes, one module each: any written form of a code to one canonical form, and back. Pure."""
