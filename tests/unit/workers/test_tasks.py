"""What every task asks before it works (R44)."""

from dataclasses import replace

import pytest

from service.errors import RestorePendingError
from service.product import Ringfence
from tests.assembled import a_world
from workers.tasks import carried_out


@pytest.mark.parametrize("pending", [True, False])
def test_no_task_works_while_a_restored_backup_is_not_held_to_the_ledger(*, pending: bool) -> None:
    product = a_world(adapted=lambda twins: replace(twins, restore_pending=lambda: pending)).product
    done: list[Ringfence] = []
    if pending:
        with pytest.raises(RestorePendingError):
            carried_out(product, done.append)
    else:
        carried_out(product, done.append)
    assert len(done) == (not pending)
