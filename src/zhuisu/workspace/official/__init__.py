"""Official registers and the catalogue at the desk: is this number genuine, must this be traced here."""
