"""What every test shares: Hypothesis without a clock."""

from hypothesis import settings

# A busy machine is no failure: how fast something is belongs into bench/.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
