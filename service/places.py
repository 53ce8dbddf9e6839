"""Where a sealed value belongs: the string that binds a ciphertext to its tenant, document and field."""

from service.policy.access import DocumentId, ErasureId, ExportId, MatterId, RunId, SourceId, TenantId, TurnId


def original_place(tenant_id: TenantId, document_id: DocumentId) -> str:
    """Return the place of the original file in the vault."""
    return f"{tenant_id}|{document_id}|original"


def title_place(tenant_id: TenantId, document_id: DocumentId) -> str:
    """Return the place of the title."""
    return f"{tenant_id}|{document_id}|title"


def file_name_place(tenant_id: TenantId, document_id: DocumentId) -> str:
    """Return the place of the file name."""
    return f"{tenant_id}|{document_id}|file_name"


def external_id_place(tenant_id: TenantId, document_id: DocumentId) -> str:
    """Return the place of the external id."""
    return f"{tenant_id}|{document_id}|external_id"


def chunk_place(tenant_id: TenantId, document_id: DocumentId, ordinal: int) -> str:
    """Return the place of a chunk's text."""
    return f"{tenant_id}|{document_id}|chunk|{ordinal}"


def release_note_place(tenant_id: TenantId, document_id: DocumentId) -> str:
    """Return the place of what was written when the document was released from quarantine."""
    return f"{tenant_id}|{document_id}|release"


def note_place(tenant_id: TenantId, document_id: DocumentId, ordinal: int) -> str:
    """Return the place of what a reviewer wrote about a chunk."""
    return f"{tenant_id}|{document_id}|review|{ordinal}"


def turn_question_place(tenant_id: TenantId, turn_id: TurnId) -> str:
    """Return the place of the question of a turn."""
    return f"{tenant_id}|{turn_id}|turn|question"


def turn_answer_place(tenant_id: TenantId, turn_id: TurnId) -> str:
    """Return the place of the answer of a turn."""
    return f"{tenant_id}|{turn_id}|turn|answer"


def request_subject_place(tenant_id: TenantId, request_id: ErasureId) -> str:
    """Return the place of whom an erasure request is about."""
    return f"{tenant_id}|{request_id}|request|subject"


def request_note_place(tenant_id: TenantId, request_id: ErasureId) -> str:
    """Return the place of what somebody wrote in an erasure request."""
    return f"{tenant_id}|{request_id}|request|note"


def matter_name_place(tenant_id: TenantId, matter_id: MatterId) -> str:
    """Return the place of what a matter is called."""
    return f"{tenant_id}|{matter_id}|matter|name"


def matter_note_place(tenant_id: TenantId, matter_id: MatterId) -> str:
    """Return the place of what was noted about a matter."""
    return f"{tenant_id}|{matter_id}|matter|note"


def export_place(tenant_id: TenantId, export_id: ExportId) -> str:
    """Return the place of an export's zip."""
    return f"{tenant_id}|{export_id}|export"


def export_subject_place(tenant_id: TenantId, export_id: ExportId) -> str:
    """Return the place of whose data an export holds."""
    return f"{tenant_id}|{export_id}|export|subject"


def source_name_place(tenant_id: TenantId, source_id: SourceId) -> str:
    """Return the place of what a source is called."""
    return f"{tenant_id}|{source_id}|source|name"


def source_settings_place(tenant_id: TenantId, source_id: SourceId) -> str:
    """Return the place of where a source lies."""
    return f"{tenant_id}|{source_id}|source|settings"


def source_cursor_place(tenant_id: TenantId, run_id: RunId) -> str:
    """Return the place of how far a run through a source has come."""
    return f"{tenant_id}|{run_id}|run|cursor"


def source_item_place(tenant_id: TenantId, source_id: SourceId, fingerprint: str) -> str:
    """Return the place of what a thing at a source is called there."""
    return f"{tenant_id}|{source_id}|item|{fingerprint}"
