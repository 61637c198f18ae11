"""The organisation's books at the desk: ledgers, dossiers of things that stay, cold chain, the check at a market's gate."""
