"""Named queries and subscriptions: what somebody asks again and again, and its results sent to an address of theirs."""
