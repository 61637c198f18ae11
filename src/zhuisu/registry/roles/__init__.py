"""What parties do in sectors: roles given and ended, with their days."""
