"""A region's additions laid over a profile: more is demanded, nothing is loosened."""

from msgspec.structs import replace

from zhuisu.profiles.model import Extra, Overlay, Profile, Step


def laid_over(profile: Profile, overlay: Overlay) -> Profile:
    """The profile as it holds in the overlay's region. What the region demands rests on the region's own text, and says so."""
    steps = {
        name: _more(step, overlay.steps[name]) if name in overlay.steps else step
        for name, step in profile.steps.items()
    }
    return replace(
        profile,
        basis={**profile.basis, **overlay.basis},
        fields={**profile.fields, **overlay.fields},
        reports={**profile.reports, **overlay.reports},
        steps=steps,
    )


def _more(step: Step, extra: Extra) -> Step:
    required = tuple(name for name in extra.required if name not in step.required)
    demanded = tuple(
        each.field for each in extra.demands if each.field not in (*step.optional, *step.required, *required)
    )
    bars = tuple(bar for bar in extra.barred if bar not in step.barred)
    return replace(
        step,
        required=(*step.required, *required),
        optional=(*(name for name in step.optional if name not in required), *dict.fromkeys(demanded)),
        demands=(*step.demands, *extra.demands),
        papers=(*step.papers, *extra.papers),
        barred=(*step.barred, *bars),
        basis_of={**step.basis_of, **dict.fromkeys((*required, *bars), extra.basis)},
    )
