"""The dynamic catalogue (动态目录): which kinds of product must be traced where from when, and whose department answers."""
