"""Official registers of approvals, taken over as files: veterinary drugs, pesticides, drugs. Which there are, the profiles say."""
