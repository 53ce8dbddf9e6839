"""What goes over the wire about labels, version 1."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from ingestion.reviewing import Change
from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.api.job_schemas import JobBody
from service.errors import InvalidRequestError
from service.ports import ReviewReason
from service.relabelling import Progress
from service.reviewing import ChunkView, Reviewed, ReviewRequest, ReviewView


class FindingBody(Struct, kw_only=True):
    """One reason for a label: the kind of thing at `start` to `end` of the chunk's text, never the thing itself."""

    category: Category
    kind: str
    start: int
    end: int
    confidence: float
    detector: str

    @classmethod
    def of(cls, finding: Finding) -> "FindingBody":
        """Present a finding."""
        return cls(
            category=finding.category,
            kind=finding.kind,
            start=finding.start,
            end=finding.end,
            confidence=finding.confidence,
            detector=finding.detector,
        )


class ReasonedLabelBody(Struct, kw_only=True):
    """A label with everything that speaks for it; `doubts` say why a chunk is unknown."""

    verdict: Verdict
    categories: list[Category]
    findings: list[FindingBody]
    doubts: list[str]
    language: str
    labeller_version: str

    @classmethod
    def of(cls, label: Label) -> "ReasonedLabelBody":
        """Present a label."""
        return cls(
            verdict=label.verdict,
            categories=sorted(label.categories),
            findings=[FindingBody.of(finding) for finding in label.findings],
            doubts=list(label.reasons),
            language=label.language,
            labeller_version=label.labeller_version,
        )


class ReviewBody(Struct, kw_only=True):
    """What a reviewer said of a chunk; `labeller_version` is the one whose label they had before them."""

    dismissed: list[Category]
    added: list[Category]
    doubts_dismissed: bool
    reason: ReviewReason
    note: str | None
    labeller_version: str
    reviewed_at: datetime
    reviewed_by: UUID

    @classmethod
    def of(cls, view: ReviewView) -> "ReviewBody":
        """Present a review."""
        return cls(
            dismissed=sorted(view.review.dismissed),
            added=sorted(view.review.added),
            doubts_dismissed=view.review.doubts_dismissed,
            reason=view.reason,
            note=view.note,
            labeller_version=view.labeller_version,
            reviewed_at=view.reviewed_at,
            reviewed_by=view.reviewed_by,
        )


class ChunkBody(Struct, kw_only=True):
    """A chunk: `label` counts, `machine` is the labeller's own. A stale label keeps its chunk local.

    `text` and the review's note are null for who may not ask questions.
    """

    chunk: int
    pages: tuple[int, int]
    text: str | None
    label: ReasonedLabelBody
    machine: ReasonedLabelBody
    stale: bool
    review: ReviewBody | None

    @classmethod
    def of(cls, view: ChunkView) -> "ChunkBody":
        """Present a chunk."""
        return cls(
            chunk=view.ordinal,
            pages=(view.first_page, view.last_page),
            text=view.text,
            label=ReasonedLabelBody.of(view.label),
            machine=ReasonedLabelBody.of(view.machine),
            stale=view.stale,
            review=ReviewBody.of(view.review) if view.review else None,
        )


class ChunkPage(Struct, kw_only=True):
    """One page of chunks; `next` goes into `after` for the following one."""

    chunks: list[ChunkBody]
    next: int | None


Ordinal = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ReviewRequestBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A review of some chunks (`ordinals`) or of `all`. What it does not name stays as it is.

    `dismissed` takes away what the labeller found or a reviewer added; `added` brings it, or brings it back.
    """

    ordinals: Annotated[list[Ordinal], Meta(max_length=10_000)] = []
    all: Literal[True] | None = None
    dismissed: list[Category] = []
    added: list[Category] = []
    doubts_dismissed: bool | None = None
    reason: ReviewReason
    note: Annotated[str, Meta(max_length=2_000)] | None = None

    def request(self) -> ReviewRequest:
        """Return what is asked for. Raises InvalidRequestError."""
        if bool(self.ordinals) == bool(self.all):
            message = "send either `ordinals` or `all`: true"
            raise InvalidRequestError(message)
        return ReviewRequest(
            ordinals=None if self.all else frozenset(self.ordinals),
            change=Change(
                dismissed=frozenset(self.dismissed),
                added=frozenset(self.added),
                doubts_dismissed=self.doubts_dismissed,
            ),
            reason=self.reason,
            note=self.note,
        )


class ReviewedBody(Struct, kw_only=True):
    """The chunks whose labels are other ones now, the document's labels, and the job that tells the index."""

    changed: list[int]
    labels: dict[str, int]
    job: JobBody | None

    @classmethod
    def of(cls, reviewed: Reviewed) -> "ReviewedBody":
        """Present what a review changed."""
        return cls(
            changed=list(reviewed.changed),
            labels=dict(reviewed.labels),
            job=JobBody.of(reviewed.job) if reviewed.job else None,
        )


class ProgressBody(Struct, kw_only=True):
    """How many ready documents the labeller in force labelled, is to label, or could not label (see their jobs)."""

    labeller_version: str
    current: int
    stale: int
    failed: int
    open_jobs: int

    @classmethod
    def of(cls, progress: Progress) -> "ProgressBody":
        """Present the progress."""
        counts = progress.documents
        return cls(
            labeller_version=progress.labeller_version,
            current=counts.current,
            stale=counts.stale,
            failed=counts.failed,
            open_jobs=progress.open_jobs,
        )
