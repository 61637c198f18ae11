"""People, organisations, roles, API keys and the audit trail."""
