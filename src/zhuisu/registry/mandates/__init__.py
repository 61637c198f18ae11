"""Who agreed that another records acts in its name, from when to when."""
