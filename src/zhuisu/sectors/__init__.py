"""One folder a sector: facts that the engine (profiles) loads. Nothing here is imported."""
