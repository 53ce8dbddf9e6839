"""Whether somebody has asked for a document's erasure, while something else would destroy it first (R44)."""

from service.errors import ConflictError
from service.policy.access import DocumentId
from service.policy.erasures import OPEN, ErasureAction, ErasureReason, ErasureState
from service.ports import ErasureRecord, Transaction

_DECIDED = OPEN - {ErasureState.RECEIVED, ErasureState.LOCATED}
_MOST = 100
_GOES = frozenset({ErasureAction.ERASE, ErasureAction.REDACT})


def wanted_gone(transaction: Transaction, document_id: DocumentId, *, replacing: bool) -> bool:
    """Say whether an open request asks for the erasure of this document, whose row the caller has locked.

    What destroys it first, retention say, is then that erasure, too. That it is gone at its source is nobody's wish:
    it may come back. Raises ConflictError where it is `replacing` one
    whose erasure is approved: the request would find it gone and end, and what took its place would stay.
    """
    about = transaction.erasures.page(limit=_MOST, target=document_id)
    # The document first, then the requests, as everybody does.
    asked = (one for one in about if one.state in OPEN and one.reason is not ErasureReason.GONE_AT_SOURCE)
    locked = (transaction.erasures.get(one.id, lock=True) for one in asked)
    found = [one for one in locked if one is not None and one.state in OPEN and _names(transaction, one, document_id)]
    if replacing and any(one.state in _DECIDED for one in found):
        message = "This document is about to be erased on request: it is not replaced any more."
        raise ConflictError(message)
    return bool(found)


def _names(transaction: Transaction, request: ErasureRecord, document_id: DocumentId) -> bool:
    return any(item.target == document_id and item.action in _GOES for item in transaction.erasures.items(request.id))
