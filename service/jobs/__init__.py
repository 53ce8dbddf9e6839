"""The life of a job: shown, kept moving, steered by operators, and explained where it stands still (R60)."""

from service.jobs.explaining import Explanation
from service.jobs.ledger import Jobs
from service.jobs.overview import Glance, Overview, Standstill
from service.jobs.steering import Steering

__all__ = ["Explanation", "Glance", "Jobs", "Overview", "Standstill", "Steering"]
