"""The sector engine: what a profile may say, how it is loaded, how an event is judged by it. Pure: no framework, no database."""
