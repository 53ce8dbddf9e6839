"""Everything that is looked for in one text, step by step under the guard."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingestion.labelling.context import Reading, alone, has_context, in_context, inside, of_columns, of_marks
from ingestion.labelling.detecting import Detector
from ingestion.labelling.guarding import Failure, Guard, Step
from ingestion.labelling.languages import SUPPORTED, has_unsupported_passage, language_of, too_short_to_tell
from ingestion.labelling.normalising import Views
from ingestion.passage import Passage
from ingestion.sensitivity import UNDETERMINED, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What one step, or all of them, saw in a text. `reasons` are why it cannot be harmless."""

    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()
    language: str | None = None


class Examiner:
    """Asks the detectors and the language identifier. A step that fails leaves its name among the reasons (R5)."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        guard: Guard,
        *,
        identify: Callable[[str], Examined] | None = None,
        normalise: Callable[[str], Views] = Views.of,
    ) -> None:
        self._detectors = tuple(detectors)
        self._guard = guard
        self._identify = identify or _language
        self._normalise = normalise

    def examine(self, passage: Passage) -> Examined:
        """Return what is seen in the text alone and in its surroundings; these only ever add to it."""
        steps = [Step(name="language", call=lambda: self._identify(passage.text)), *_of_document(passage)]
        steps += self._looking(lambda: alone(passage), passage)
        if has_context(passage):
            steps += self._looking(lambda: in_context(passage), passage)
        came = self._guard.run(steps)
        return _summed(came)

    def _looking(self, read: Callable[[], Reading], passage: Passage) -> list[Step[Examined]]:
        """Return the steps that read and normalise a text and put it before every detector."""
        readings: list[tuple[Reading, Views]] = []

        def normalise() -> Examined:
            reading = read()
            readings.append((reading, self._normalise(reading.view.text)))
            return Examined()

        def ask(detector: Detector) -> Callable[[], Examined]:
            def asked() -> Examined:
                ((reading, views),) = readings
                return Examined(findings=tuple(inside(passage, reading, detector.findings(views))))

            return asked

        looking = [Step(name=detector.name, call=ask(detector)) for detector in self._detectors]
        return [Step(name="normalising", call=normalise, vital=True), *looking]


def _of_document(passage: Passage) -> list[Step[Examined]]:
    steps: list[Step[Examined]] = []
    if passage.cells:
        steps.append(Step(name="columns", call=lambda: Examined(findings=tuple(of_columns(passage)))))
    if passage.name or passage.over:
        steps.append(Step(name="document", call=lambda: Examined(findings=tuple(of_marks(passage)))))
    return steps


def _summed(came: Iterable[Examined | Failure]) -> Examined:
    findings: dict[tuple[str, int, int], Finding] = {}
    reasons: list[str] = []
    language = UNDETERMINED
    for one in came:
        if isinstance(one, Failure):
            reasons.append(one.reason)
            continue
        reasons += one.reasons
        language = one.language or language
        for finding in one.findings:
            findings.setdefault((finding.kind, finding.start, finding.end), finding)
    ordered = sorted(findings.values(), key=lambda finding: (finding.start, finding.end, finding.kind))
    return Examined(findings=tuple(ordered), reasons=tuple(reasons), language=language)


def _language(text: str) -> Examined:
    """Return the text's language, and a reason for doubt when the heads were not trained on it."""
    language = language_of(text)
    mixed = has_unsupported_passage(text)
    wordless = not any(map(str.isalpha, text))
    unclear = language == UNDETERMINED and too_short_to_tell(text)
    known = language in SUPPORTED or wordless or unclear
    return Examined(language=language, reasons=("language_unknown",) if mixed or not known else ())
