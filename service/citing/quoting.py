"""Answers made of quotes alone, where no local model is configured."""

from collections.abc import Sequence

from service.citing.sentences import sentences
from service.citing.values import Cited, Credited, Quotation, Support
from service.citing.verifying import nothing_found
from service.citing.words import flat, held, stems

_QUOTES = 3


def quoted(question: str, texts: Sequence[str]) -> Cited:
    """Return the sentences of the best sources that share most words with the question, each cited."""
    wanted = stems(question)
    text = ""
    credited: list[Credited] = []
    quotations: list[Quotation] = []
    for number, source in enumerate(texts[:_QUOTES], start=1):
        spans = [span for span in sentences(source) if stems(source[slice(*span)])]
        if not spans:
            continue
        start, end = max(spans, key=lambda span: _shared(wanted, source[slice(*span)]))
        begin = len(text) + (1 if text else 0)
        text += ("\n" if text else "") + f"“{source[start:end]}” [{number}]"
        quotations.append(Quotation(start=begin + 1, end=begin + 1 + end - start, number=number))
        credited.append(Credited(number=number, supports=(Support(start=start, end=end, sentence=(begin, len(text))),)))
    if not credited:
        return nothing_found(question, harmless_only=False)
    return Cited(text=text, credited=tuple(credited), quotations=tuple(quotations))


def _shared(wanted: frozenset[str], sentence: str) -> int:
    return len(held(wanted, stems(sentence), flat(sentence)))
