"""Acts recorded by hand: a form and a sheet for each step of each sector, what was found wrong, corrections. All made from the profiles."""
