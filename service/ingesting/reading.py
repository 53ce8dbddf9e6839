"""From a job to a parsed document and its chunks."""

from dataclasses import dataclass, replace

from ingestion.errors import Unreadable, UnreadableError
from ingestion.splitting import split
from service import tracing
from service.chunks import file_name_of, title_of
from service.errors import (
    DamagedError,
    KeyDestroyedError,
    LeaseLostError,
    NotFoundError,
    OriginalDestroyedError,
)
from service.ingesting.expanding import Expanding
from service.ingesting.failing import Failing
from service.ingesting.work import Work
from service.originals import opened_original
from service.policy.failing import Setback
from service.ports import (
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobRecord,
    KeyStore,
    Parser,
    Stage,
    Tokenizer,
    Vault,
)
from service.stages import Stages

_LONG = 200_000
"""Characters from which on splitting takes longer than saying so."""

_DESTROYED = (
    "The file that this came from was destroyed with something that was found in it and erased. What was read of it "
    "before can still be found; to read it anew, hand it in again without that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Opens a job's sealed original and has it parsed."""

    database: Database
    keys: KeyStore
    vault: Vault
    parser: Parser
    tokenizer: Tokenizer
    clock: Clock
    failing: Failing
    stages: Stages
    expanding: Expanding
    max_attempts: int

    def read(self, job: JobRecord) -> Work | None:
        """Return the parsed document, or fail the job by itself."""
        tracing.stage("queued", job.id, begun=job.created_at, ended=self.clock.now())
        with tracing.journey(job.id), tracing.span("parse"):
            return self._read(job)

    def _read(self, job: JobRecord) -> Work | None:
        if job.attempts > self.max_attempts:
            detail = f"Tried {self.max_attempts} times without a result."
            self.failing.fail(job, Setback.ATTEMPTS_EXHAUSTED, detail)
            return None
        try:
            return self._opened(job, self._started(job))
        except UnreadableError as error:
            self.failing.fail(job, error.reason, error.detail)
        except OriginalDestroyedError:
            self.failing.fail(job, Setback.ORIGINAL_DESTROYED, _DESTROYED)
        except DamagedError:
            self.failing.fail(job, Setback.ORIGINAL_DAMAGED, "The stored original was changed and cannot be opened.")
        except (KeyDestroyedError, NotFoundError):
            # An erasure removes the row first: where that is still there, nobody erased the document.
            self.failing.fail(job, Setback.ORIGINAL_MISSING, "The stored original or its key is not there any more.")
        except LeaseLostError:
            self.failing.abandon(job)
        return None

    def _started(self, job: JobRecord) -> DocumentRecord:
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id, lock=True)
            if record is None or not transaction.jobs.holds(job):
                raise LeaseLostError
            transaction.documents.update(replace(record, state=DocumentState.PROCESSING))
            transaction.jobs.update(replace(job, stage=Stage.READING.value, updated_at=self.clock.now()))
        return record

    def _opened(self, job: JobRecord, record: DocumentRecord) -> Work:
        tenant_id, document_id = job.tenant_id, job.document_id
        key = self.keys.document_key(tenant_id=tenant_id, document_id=document_id)
        if record.parent_id is not None and not record.size:
            raise _unread(record)
        content = opened_original(self.keys, self.vault, record)
        name, title = file_name_of(key, record), title_of(key, record)
        document = self.parser.parse(content, name=name, media_type=_known(record.media_type))
        if len(document.text) >= _LONG:
            self.stages.reached([job], Stage.SPLITTING)
        # A document that nobody gave a title has its own.
        own = document.title if document.title and title == name else title
        refused = self.expanding.expand(job, record, document)
        document = replace(document, attachments=())
        return Work(
            job=job,
            record=record,
            key=key,
            document=document,
            title=own,
            file_name=name,
            chunks=split(document, self.tokenizer),
            refused=refused,
        )


def _known(media_type: str) -> str | None:
    return None if media_type == "application/octet-stream" else media_type


def _unread(record: DocumentRecord) -> UnreadableError:
    """Return why something that was found in another document has no content: nobody could take it out."""
    known = {one.value: one for one in Unreadable}
    reason = known.get(record.failure or "", Unreadable.DAMAGED)
    return UnreadableError(reason, record.failure_detail or "it could not be taken out of what it was found in")
