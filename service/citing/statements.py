"""What is said where no source supports an answer, in the question's language."""

from enum import StrEnum

from service.citing.words import likeliest_language


class Unsupported(StrEnum):
    """Why there is no answer: the static code."""

    NOTHING_FOUND = "nothing_found"
    NOTHING_HARMLESS_FOUND = "nothing_harmless_found"
    DECLINED = "declined"
    NOT_GROUNDED = "not_grounded"
    STOPPED = "stopped"


NOTHING_FOUND = "The documents that you may see do not contain an answer to this."
_NOT_IN_THE_DOCUMENTS = {
    "en": NOTHING_FOUND,
    "de": "Die Dokumente, die Sie sehen dürfen, enthalten darauf keine Antwort.",
    "fr": "Les documents que vous pouvez consulter ne contiennent pas de réponse à cette question.",
    "es": "Los documentos que usted puede ver no contienen una respuesta a esta pregunta.",
}
_NOT_AMONG_THE_HARMLESS = {
    "en": "No text that is proved harmless contains an answer to this. Nothing else was searched.",
    "de": "Kein Text, der nachweislich unbedenklich ist, enthält darauf eine Antwort. Anderswo wurde nicht gesucht.",
    "fr": "Aucun texte reconnu sans risque ne contient de réponse à cette question. Rien d'autre n'a été consulté.",
    "es": "Ningún texto probadamente inocuo contiene una respuesta a esta pregunta. No se buscó en ningún otro.",
}
_STOPPED = {
    "en": "The answer was stopped before it said anything that its sources support.",
    "de": "Die Antwort wurde angehalten, bevor sie etwas sagte, das ihre Quellen belegen.",
    "fr": "La réponse a été arrêtée avant de dire quoi que ce soit que ses sources confirment.",
    "es": "La respuesta se detuvo antes de decir algo que sus fuentes respalden.",
}


def statement(question: str, why: Unsupported) -> str:
    """Return the plain statement in the question's language, or in English where that is none of the four."""
    told = {Unsupported.NOTHING_HARMLESS_FOUND: _NOT_AMONG_THE_HARMLESS, Unsupported.STOPPED: _STOPPED}
    return told.get(why, _NOT_IN_THE_DOCUMENTS)[likeliest_language(question)]
