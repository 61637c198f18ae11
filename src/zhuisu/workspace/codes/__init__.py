"""The desk's pages for codes: ranges, orders, changes of state, imports, packing and printing."""
