"""What goes over the wire, version 1."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, convert, structs

from ingestion.document import Remark
from ingestion.sensitivity import Category, Label, Verdict
from service.answering import Answer, Citation
from service.api.job_schemas import JobBody
from service.api.quarantine_schemas import InjectionBody, ReleaseBody
from service.citing import Quotation, Unsupported
from service.conversations import Remembered
from service.documents import DocumentView
from service.policy.routing import Reason, Route
from service.ports import DocumentState, Priority
from service.retrieval import Retrieved

Limit = Annotated[int, Meta(ge=1, le=100)]
NEW = "new"
ConversationName = Annotated[str, Meta(description="Id of your conversation, or `new` to open one.", examples=["new"])]
QuestionText = Annotated[str, Meta(min_length=1, max_length=2_000, examples=["How many days off do I get?"])]


class LabelBody(Struct, kw_only=True):
    """What the labeller says of one chunk; findings name kinds, never values."""

    verdict: Verdict
    categories: list[Category]
    kinds: list[str]
    language: str
    labeller_version: str

    @classmethod
    def of(cls, label: Label) -> "LabelBody":
        """Present a label."""
        return cls(
            verdict=label.verdict,
            categories=sorted(label.categories),
            kinds=sorted({finding.kind for finding in label.findings}),
            language=label.language,
            labeller_version=label.labeller_version,
        )


class DocumentText(Struct, kw_only=True, forbid_unknown_fields=True):
    """A document sent as text. A misspelt `groups` or `declared` must not pass for none."""

    text: Annotated[str, Meta(min_length=1, examples=["Visitors register at the front desk."])]
    title: str | None = None
    file_name: str = "text.txt"
    external_id: str | None = None
    groups: list[str] = []
    declared: list[Category] = []
    priority: Priority = Priority.INTERACTIVE


class DocumentBody(Struct, kw_only=True):
    """A document that the API key may see."""

    id: UUID
    title: str
    file_name: str
    external_id: str | None
    media_type: str
    size: int
    state: DocumentState
    groups: list[str]
    declared: list[Category]
    labels: dict[str, int]
    chunk_count: int
    page_count: int
    remarks: Annotated[list[Remark], Meta(description="How its text was read, where people should know.")]
    created_at: datetime
    failure: str | None
    failure_detail: str | None
    injection: InjectionBody | None
    released: ReleaseBody | None
    resembles_erased: UUID | None
    resemblance: float | None
    held_by: Annotated[
        list[UUID], Meta(description="Matters whose legal hold covers it; shown to those who may see holds.")
    ]
    parent_id: Annotated[UUID | None, Meta(description="The archive or message that it was found in.")]
    parent_title: str | None
    children: Annotated[list[UUID], Meta(description="The documents that were found in it.")]

    @classmethod
    def of(cls, view: DocumentView) -> "DocumentBody":
        """Present a document."""
        return convert(view, cls, from_attributes=True)


class Accepted(Struct, kw_only=True):
    """The document is kept and a job will ingest it."""

    document: DocumentBody
    job: JobBody


class Page(Struct, kw_only=True):
    """One page of documents; `next` goes into `after` for the following one."""

    documents: list[DocumentBody]
    next: UUID | None


class SearchRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """What to look for. `scope=non_sensitive` keeps to chunks proved harmless."""

    question: QuestionText
    limit: Limit = 10
    scope: Literal["all", "non_sensitive"] = "all"


class SourceBody(Struct, kw_only=True):
    """A chunk that the API key may see, and where it stands."""

    number: int
    document_id: UUID
    chunk: int
    title: str
    pages: tuple[int, int]
    text: str
    label: LabelBody
    score: float
    parent_id: Annotated[UUID | None, Meta(description="The archive or message that the document was found in.")]
    parent_title: str | None

    @classmethod
    def of(cls, number: int, hit: Retrieved) -> "SourceBody":
        """Present a hit under its number."""
        return cls(
            number=number,
            document_id=hit.document_id,
            chunk=hit.ordinal,
            title=hit.title,
            pages=(hit.first_page, hit.last_page),
            text=hit.text,
            label=LabelBody.of(hit.label),
            score=round(hit.score, 4),
            parent_id=hit.parent_id,
            parent_title=hit.parent_title,
        )


class SearchBody(Struct, kw_only=True):
    """The chunks found, best first."""

    hits: list[SourceBody]


class TurnBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """An earlier turn. An assistant's turn has no provenance here, so it keeps the conversation local."""

    role: Literal["user", "assistant"]
    text: Annotated[str, Meta(min_length=1, max_length=4_000)]


class AnswerRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A question. With `stream` the answer comes as server-sent events.

    In a `conversation` the answer is kept, and earlier turns count as part of the prompt.
    """

    question: QuestionText
    conversation: ConversationName | None = None
    history: Annotated[list[TurnBody], Meta(max_length=20)] = []
    scope: Literal["all", "non_sensitive"] = "all"
    stream: bool = False


class ReasonBody(Struct, kw_only=True):
    """Why the answer was made where it was; `terms` are what the provider lacks, such as `baa_missing`."""

    cause: str
    origin: str | None
    categories: list[Category]
    terms: list[str]

    @classmethod
    def of(cls, reason: Reason) -> "ReasonBody":
        """Present a reason."""
        return cls(
            cause=reason.cause.value,
            origin=reason.origin.value if reason.origin else None,
            categories=list(reason.categories),
            terms=list(reason.terms),
        )


class ContextTurnBody(Struct, kw_only=True):
    """An earlier turn that the answer was made with, and what it is today: one that is not harmless keeps it local."""

    turn: int
    verdict: Verdict
    categories: list[Category]

    @classmethod
    def of(cls, turn: Remembered) -> "ContextTurnBody":
        """Present a turn of a context."""
        return cls(turn=turn.ordinal, verdict=turn.label.verdict, categories=sorted(turn.label.categories))


class SupportBody(Struct, kw_only=True):
    """What in a source supports a sentence: `start` and `end` in the source's `text`, `sentence` in the `answer`.

    All are code points, the end exclusive (in JavaScript: of `Array.from(text)`).
    """

    start: int
    end: int
    sentence: tuple[int, int]


class CitationBody(SourceBody, kw_only=True):
    """A source that the answer rests on, with the spans of it that were found to support which sentences."""

    supports: list[SupportBody]

    @classmethod
    def cited(cls, citation: Citation) -> "CitationBody":
        """Present a citation."""
        source = structs.asdict(SourceBody.of(citation.number, citation.hit))
        supports = [convert(support, SupportBody, from_attributes=True) for support in citation.supports]
        return cls(**source, supports=supports)


class QuotationBody(Struct, kw_only=True):
    """A statement in quotation marks: where in the `answer`, and which cited source holds it word for word.

    Where none does, it is not `verified`: do not show it as a quotation.
    """

    start: int
    end: int
    verified: bool
    source: int | None

    @classmethod
    def of(cls, quotation: Quotation) -> "QuotationBody":
        """Present a quotation."""
        return cls(start=quotation.start, end=quotation.end, verified=quotation.verified, source=quotation.number)


class AnswerBody(Struct, kw_only=True):
    """An answer, the sources it rests on, and where and why it was made.

    `pin` names the pinned configuration (quantisation, fingerprint) that the local server proved to be with this
    answer; null where only the model's name is pinned.
    Where no source supports an answer, `supported` is false, `unsupported` says why, `answer` is a plain statement
    in the question's language, and `citations` is empty. `stopped` names what ended the answer before its end.
    """

    id: UUID
    answer: str
    supported: bool
    unsupported: Unsupported | None
    stopped: str | None
    citations: list[CitationBody]
    quotations: list[QuotationBody]
    sources: list[SourceBody]
    route: Route
    backend: str
    model: str | None
    pin: str | None
    reasons: list[ReasonBody]
    input_tokens: int | None
    output_tokens: int | None
    conversation: UUID | None
    context: list[ContextTurnBody]
    redacted: int
    neutralised_links: int

    @classmethod
    def of(cls, answer: Answer) -> "AnswerBody":
        """Present an answer."""
        used = answer.generation
        return cls(
            id=answer.id,
            answer=answer.text,
            supported=answer.unsupported is None,
            unsupported=answer.unsupported,
            stopped=answer.stopped,
            citations=[CitationBody.cited(citation) for citation in answer.citations],
            quotations=[QuotationBody.of(quotation) for quotation in answer.quotations],
            sources=[SourceBody.of(source.number, source.hit) for source in answer.sources],
            route=answer.route,
            backend=answer.backend,
            model=answer.model,
            pin=used.pin if used else None,
            reasons=[ReasonBody.of(reason) for reason in answer.reasons],
            input_tokens=(used.input_tokens or None) if used else None,
            output_tokens=(used.output_tokens or None) if used else None,
            conversation=answer.conversation,
            context=[ContextTurnBody.of(turn) for turn in answer.context],
            redacted=answer.redacted,
            neutralised_links=answer.neutralised,
        )


class Readiness(Struct, kw_only=True):
    """Whether each part answers, and what an operator should look at although all do: alarms now, warnings soon."""

    ready: bool
    parts: dict[str, bool]
    alarms: list[str] = []
    warnings: list[str] = []
