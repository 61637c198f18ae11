"""What the firms do in the sectors: roles in the words of the profiles, for the whole of the demonstration's time."""

from datetime import date

SINCE = date(2024, 1, 1)

# sector → role → firms
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "crops": {
        "farm": ("greens",),
        "laboratory": ("laboratory",),
        "wholesale_market": ("wholesale",),
        "seller": ("greens_trader", "stall_huli_31", "stall_siming_22"),
    },
    "livestock": {
        "farm": ("pigs_tongan", "pigs_xiangan", "pigs_nanjing"),
        "official_vet": ("animal_health",),
        "pig_slaughterhouse": ("slaughter",),
        "wholesale_market": ("wholesale",),
        "seller": ("meat_trader", "stall_huli_12", "stall_huli_15", "stall_siming_6", "stall_siming_9"),
        "cutter": ("stall_siming_9",),
    },
    "food": {"producer": ("dairy", "ingredients"), "distributor": ("distributor",), "retailer": ("baby_shops",)},
    "elevators": {
        "maker": ("lift_maker",),
        "installer": ("lift_service",),
        "maintainer": ("lift_service",),
        "user": ("property",),
        "inspector": ("inspection_body",),
    },
    "gas_cylinders": {
        "maker": ("cylinder_maker",),
        "installer": ("gas_station",),
        "filler": ("gas_station",),
        "user": ("taxi",),
        "inspector": ("inspection_body",),
    },
}
