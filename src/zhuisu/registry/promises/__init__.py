"""Promise certificates of farm produce (承诺达标合格证): issued, looked up by number, voided."""
