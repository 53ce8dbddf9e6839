"""Static codes in plain words: what the labeller doubts, and what reads like instructions to a model."""

from typing import Any

_REASONS = {
    "language_unknown": "Some of it is in a language that the labeller was not trained on, or in none that it knows.",
    "no_vector": "It has no embedding, so nothing could judge what it is about.",
    "text_recognised": "Its text was read off pictures by OCR, which confuses letters and digits.",
    "encoding_uncertain": "Its file does not say in which encoding it is written; the likeliest was taken.",
    "pages_unread": "Some of its pages are pictures that could not be read.",
    "made_from_nothing": "There is no text to judge.",
}
_PARTS = {
    "labeller": "the labeller failed as a whole",
    "heads": "the heads, which judge what a text is about, are missing or failed",
    "normalising": "undoing disguises of the text failed",
    "language": "telling its language failed",
    "names": "the search for names failed",
    "payment": "the search for payment data failed",
    "personal": "the search for personal data failed",
    "clinical": "the search for clinical identifiers failed",
    "credentials": "the search for credentials failed",
    "markers": "the search for markings such as 'privileged' failed",
    "columns": "reading the names of its table's columns failed",
    "document": "reading the markings of its document failed",
}
_SUBJECTS = {
    "clinical": "somebody's health",
    "counsel": "legal advice",
    "business": "business secrets",
    "source_code": "source code",
    "personnel": "personnel matters",
}


def sentence(code: str) -> str:
    """Return what a reason says to a person. A code that is not in the table is shown as it is."""
    cause, _, part = code.partition(":")
    if cause == "detector_failed":
        return f"It was not fully examined: {_PARTS.get(part, f'{part} failed')}."
    if cause == "detector_timed_out":
        return f"It was not fully examined: {_PARTS.get(part, f'{part} failed')}, because it took too long."
    about = _SUBJECTS.get(part, part.replace("_", " "))
    if cause == "uncertain":
        return f"It may be about {about}: the labeller is in doubt."
    if cause == "beside":
        return f"It stands beside a text about {about}, and may go on with it."
    if cause == "between":
        return f"It stands between texts about {about}."
    return _REASONS.get(code, f"{code.replace('_', ' ').capitalize()} ({code}).")


def remark_sentence(code: str) -> str:
    """Return what a remark on how a document was read says to a person."""
    return _REASONS.get(code, code)


_CUES = {
    "override": "tells its reader to ignore earlier rules",
    "addresses_model": "speaks to an assistant or a model",
    "changes_role": "gives its reader a new role",
    "template_token": "holds tokens of a chat template or a fence",
    "fake_turn": "pretends to be a turn of the system",
    "asks_to_spill": "asks for prompts, other documents or secrets",
    "carries_out": "asks to put content into an address",
    "hides_from_user": "wants something kept from the user",
    "dictates_answer": "dictates what an answer says",
    "tool_call": "calls a tool",
    "tampers_with_bounds": "asks for another route, scope or label",
    "forbids_refusal": "forbids to refuse",
    "claims_authority": "claims authority",
    "concealed": "is written so that people do not read it",
    "unseen_text": "holds characters that no reader sees",
    "commented": "stands in a comment",
}


def cue_sentence(code: str) -> str:
    """Return what a cue says to a person. A code that is not in the table is shown as it is."""
    return _CUES.get(code, code)


def quarantined(document: dict[str, Any]) -> str | None:
    """Return why a document is in quarantine, or None where it is not."""
    injection = document["injection"]
    if document["state"] != "quarantined":
        return None
    if document["withheld_at"] is not None:
        return f"kept back by hand since {document['withheld_at']}"
    if injection is None:
        return None
    found = ", ".join(map(cue_sentence, injection["cues"]))
    return f"reads like instructions to a model (score {injection['score']:.2f}): {found}"
