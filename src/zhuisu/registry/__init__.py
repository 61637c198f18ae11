"""Master data: parties, places, products, licences, certificates."""
