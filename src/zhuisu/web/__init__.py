"""What all faces share: the base page, signing in, language, words, tables."""
