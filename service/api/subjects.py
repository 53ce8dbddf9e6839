"""People over HTTP: where somebody is named, and what of it nobody could read."""

from typing import Annotated
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from service.api.problems import documented
from service.locating import FoundBy, Located, LocatedDocument, LocatedTurn, NotSearched, Obstacle
from service.policy.access import Principal
from service.ports import DocumentState
from service.product import Ringfence
from service.subjects import Form, Subject

Written = Annotated[str, Meta(min_length=1, max_length=320)]


class LocateRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is looked for. Give every identifier and every name, a maiden name too, that the person is known by."""

    identifiers: Annotated[
        list[Written],
        Meta(description="E-mail addresses, telephone, account or staff numbers.", examples=[["j.mueller@firma.de"]]),
    ] = []
    names: Annotated[list[Written], Meta(description="Given and family name.", examples=[["Jürgen Müller"]])] = []

    def subject(self) -> Subject:
        """Return the person. Raises InvalidRequestError."""
        return Subject(identifiers=tuple(self.identifiers), names=tuple(self.names))


class PlaceBody(Struct, kw_only=True):
    """A chunk that names the person. Where `certain` is false it may be somebody else. The snippet is masked."""

    chunk: int
    found_by: list[FoundBy]
    forms: list[Form]
    certain: bool
    snippet: str


class FieldBody(Struct, kw_only=True):
    """The title, the file name, the external id or a note of the document names the person."""

    field: str
    forms: list[Form]
    certain: bool
    snippet: str


class LocatedDocumentBody(Struct, kw_only=True):
    """A document that names the person, its title masked."""

    document_id: UUID
    title: str
    state: DocumentState
    chunk_count: int
    certain: bool
    chunks: list[PlaceBody]
    fields: list[FieldBody]

    @classmethod
    def of(cls, located: LocatedDocument) -> "LocatedDocumentBody":
        """Present a document."""
        return cls(
            document_id=located.id,
            title=located.title,
            state=located.state,
            chunk_count=located.chunk_count,
            certain=located.certain,
            chunks=[
                PlaceBody(
                    chunk=hit.ordinal,
                    found_by=sorted(hit.found_by),
                    forms=sorted(hit.forms),
                    certain=hit.certain,
                    snippet=hit.snippet,
                )
                for hit in located.hits
            ],
            fields=[
                FieldBody(field=one.name, forms=sorted(one.forms), certain=one.certain, snippet=one.snippet)
                for one in located.fields
            ],
        )


class LocatedTurnBody(Struct, kw_only=True):
    """A turn of somebody's conversation that names the person."""

    turn_id: UUID
    conversation_id: UUID
    found_by: list[FoundBy]
    forms: list[Form]
    certain: bool
    snippet: str

    @classmethod
    def of(cls, located: LocatedTurn) -> "LocatedTurnBody":
        """Present a turn."""
        return cls(
            turn_id=located.id,
            conversation_id=located.conversation,
            found_by=sorted(located.found_by),
            forms=sorted(located.forms),
            certain=located.certain,
            snippet=located.snippet,
        )


class NotSearchedBody(Struct, kw_only=True):
    """A document or a turn of which some text could not be read: nobody knows whom it names."""

    reason: Obstacle
    document_id: UUID | None
    turn_id: UUID | None

    @classmethod
    def of(cls, one: NotSearched) -> "NotSearchedBody":
        """Present it."""
        return cls(reason=one.reason, document_id=one.document_id, turn_id=one.turn_id)


class LocatedBody(Struct, kw_only=True):
    """Where the person is named. `not_indexed` were read word by word, but wait for their marks in the index."""

    documents: list[LocatedDocumentBody]
    turns: list[LocatedTurnBody]
    not_searched: list[NotSearchedBody]
    not_indexed: list[UUID]
    searched_documents: int
    searched_chunks: int
    searched_turns: int

    @classmethod
    def of(cls, located: Located) -> "LocatedBody":
        """Present what was found."""
        return cls(
            documents=[LocatedDocumentBody.of(one) for one in located.documents],
            turns=[LocatedTurnBody.of(one) for one in located.turns],
            not_searched=[NotSearchedBody.of(one) for one in located.not_searched],
            not_indexed=list(located.not_indexed),
            searched_documents=located.searched_documents,
            searched_chunks=located.searched_chunks,
            searched_turns=located.searched_turns,
        )


@post("/locate", status_code=200, sync_to_thread=True, summary="Locate a person", responses=documented())
def locate(
    data: JSONBody[LocateRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> LocatedBody:
    """Read everything the tenant keeps for one person. Nothing is kept of who was looked for; it takes a while."""
    return LocatedBody.of(ringfence.locating.locate(principal, data.subject()))


subjects = Router("/v1/subjects", route_handlers=[locate], tags=["subjects"])
