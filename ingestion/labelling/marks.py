"""What titles, file names and headings say outright of everything under them: privileged, patient record, payroll."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

import re
from collections.abc import Iterator
from functools import lru_cache

from ingestion.labelling.folding import folded_text
from ingestion.labelling.normalising import Views
from ingestion.labelling.patterns.detector import PatternDetector
from ingestion.labelling.patterns.markers import MARKERS
from ingestion.labelling.patterns.pattern import compiled, words
from ingestion.sensitivity import Category

_LONGEST = 300
_MARKERS = PatternDetector("markers", MARKERS)
_OF_A_FILE = re.compile(r"[_.\u2013\u2014]+|(?<=\w)-(?=\w)")

_ALONE = r"(?i)(?:^|[|:\[(/,\-])\s*(?:(?:strictly|highly|company|private and|personal and) )?(?:{})\s*(?:$|[|:\])/,\-])"
"""Set off from other words: `Confidential information` is a subject, `Plan - confidential` is a mark."""
_SET_OFF = (
    (
        Category.LEGAL_PRIVILEGE,
        _ALONE.format(r"(?:legally )?privileged|privilegiert|mandantengeheimnis|attorney[ \-]client|without prejudice"),
    ),
    (
        Category.TRADE_SECRET,
        _ALONE.format(r"confidential|(?:top )?secret|proprietary|vertraulich|geheim|confidentiel|confidencial"),
    ),
)
_MEDICAL = (
    r"(?:patient|medical|clinical|health|hospital|psychiatric|dental) (?:records?|files?|charts?|notes?|reports?|histor(?:y|ies))|"
    r"discharge (?:summary|letter|report)|(?:progress|therapy|nursing|operative|consultation|visit) notes?|"
    r"(?:pathology|radiology|operative|autopsy|laboratory|lab) (?:reports?|results?|findings)|blood test results?|"
    r"arztbrief\w*|entlass(?:ungs)?(?:brief|bericht)\w*|(?:patienten|kranken)akten?|befundbericht|laborbefund\w*|arztbericht|"
    r"operationsbericht|krankengeschichte|dossier (?:medical|patient)|compte[ \-]rendu (?:medical|operatoire|d'hospitalisation)|"
    r"historia clinica|informe (?:medico|de alta)|expediente medico"
)
_PERSONNEL = (
    r"(?:salary|compensation|wage|payroll) (?:lists?|tables?|overview|registers?|runs?|reports?|data|sheets?|records?|journal)|"
    r"pay ?(?:slips?|stubs?)|(?:personnel|employee|hr) (?:files?|records?)|disciplinary (?:record|file|letter|hearing of)|"
    r"gehalts(?:liste|tabelle|abrechnung|ubersicht)\w*|lohn(?:liste|abrechnung|journal)\w*|personalakten?|"
    r"bulletins? de (?:paie|salaire)|fiches? de paie|dossiers? du personnel|liste des salaires|"
    r"nominas?|recibo de nomina|expediente (?:de )?personal"
)
_RECORD = ((Category.PHI, _MEDICAL), (Category.PII, _PERSONNEL))
_OF_A_NAME = (
    (Category.PII, r"payroll|salar(?:y|ies)|gehalter|salaires|sueldos"),
    (Category.TRADE_SECRET, r"passwords?|passworter|kennworter|credentials|zugangsdaten|mots de passe|contrasenas"),
)
"""Enough in a title or a file name, which say what a document is; a heading may introduce rules about it."""
_SUBJECT = words(
    r"polic(?:y|ies)|procedures?|process(?:es)?|guid(?:e|es|elines?|ance)|how|what|why|when|training|handbook|manual|faq|"
    r"questions|forms?|templates?|calendar|schedule|dates|deadlines?|departments?|teams?|contacts?|systems?|software|vendors?|"
    r"rules?|requirements?|requesting|request|access to|handling|managing|management|about|introduction|overview of|"
    r"understanding|retention|standards?|best practices?|tips|changing|resetting|reset|choosing|law|act|definitions?|"
    r"richtlinien?|leitfaden|anleitung|schulung|vorlagen?|formulare?|kalender|termine|umgang|"
    r"politique|procedure|modele|formulaire|calendrier|formation|politica|procedimiento|formulario|plantilla|calendario|guia"
)


@lru_cache(maxsize=4_096)
def marks_of_name(name: str) -> frozenset[Category]:
    """Return what a title or file name says its document is."""
    plain = " ".join(_OF_A_FILE.sub(" - ", folded_text(name[:_LONGEST])).split())
    spaced = " ".join(plain.replace(" - ", " ").split())
    return frozenset((*_outright(plain), *_outright(spaced), *_subjects(spaced, (*_RECORD, *_OF_A_NAME))))


@lru_cache(maxsize=4_096)
def marks_of_line(line: str) -> frozenset[Category]:
    """Return what a heading or running line says of the text under it."""
    plain = " ".join(folded_text(line[:_LONGEST]).strip("*_#> ").split())
    return frozenset((*_outright(plain), *_subjects(plain, _RECORD)))


def _outright(line: str) -> Iterator[Category]:
    """Yield what the line is marked as, in words that nobody writes over anything else."""
    yield from (finding.category for finding in _MARKERS.findings(Views.of(line)))
    if not compiled(_SUBJECT).search(line):
        yield from (category for category, shape in _SET_OFF if compiled(shape).search(line))


def _subjects(line: str, kinds: tuple[tuple[Category, str], ...]) -> Iterator[Category]:
    """Yield what the text is by its subject, unless the line announces rules or forms for that subject."""
    if not compiled(_SUBJECT).search(line):
        yield from (category for category, shape in kinds if compiled(words(shape)).search(line))
