"""Promise certificates at the desk: issue, list, print, void."""
