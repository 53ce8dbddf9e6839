"""Vary a training passage as documents do: cut at a chunk's border, joined, wrapped, quoted in a prompt, inside a mail.

Every label gets the same frames equally often, so that a frame is no hint.
"""

import random
import textwrap

Slots = dict[str, list[str]]

_SHORTEST_CUT = 25
_LINE = 60


def cut(text: str, _other: str, _slots: Slots, chance: random.Random) -> str:
    """Return a part of the text that begins and ends anywhere, as a chunk does."""
    words = text.split(" ")
    if len(words) < _SHORTEST_CUT:
        return text.lower() if chance.random() < 0.3 else text  # noqa: PLR2004 - share
    first = chance.randint(0, len(words) // 3)
    last = len(words) - chance.randint(0, len(words) // 3)
    return " ".join(words[first:last])


def joined(text: str, other: str, _slots: Slots, chance: random.Random) -> str:
    """Return the text and another of its theme, one after the other."""
    return text if other == text else chance.choice((" ", "\n", "\n\n")).join((text, other))


def framed(text: str, _other: str, _slots: Slots, chance: random.Random) -> str:
    """Return the text under a heading, in small letters, in short lines, or as it stands in a prompt."""
    draw = chance.random()
    if draw < 0.12:  # noqa: PLR2004 - share
        return f'<source number="{chance.randint(1, 6)}">\n{text}\n</source>'
    if draw < 0.25:  # noqa: PLR2004 - share
        return f"{chance.choice(('Note', 'Overview', 'Summary', 'Update', 'Details', 'Info'))}\n\n{text}"
    if draw < 0.35:  # noqa: PLR2004 - share
        return text.lower()
    if draw < 0.6:  # noqa: PLR2004 - share
        return wrapped(text, chance)
    return text


def wrapped(text: str, chance: random.Random) -> str:
    """Return the text broken into lines, as old files hold it; else short lines alone would look like source code."""
    if len(text) < _LINE or "\n" in text:
        return text
    lines = textwrap.fill(text, chance.randint(40, 78))
    loose = lines.replace(". ", " . ").replace(".\n", " .\n") if chance.random() < 0.3 else lines  # noqa: PLR2004 - share
    return loose.lower() if chance.random() < 0.3 else loose  # noqa: PLR2004 - share


def mailed(text: str, other: str, slots: Slots, chance: random.Random) -> str:
    """Return the text as a mail: with a subject, an answer over a quoted header, or a forwarding header."""
    words = other.replace("\n", " ").split(" ")
    subject = f"{chance.choice(('', 'Re: ', 'FW: '))}{' '.join(words[: chance.randint(2, 5)])}"
    body = textwrap.fill(text, 76) if "\n" not in text and chance.random() < 0.5 else text  # noqa: PLR2004 - share
    sender, reader = chance.choice(slots["person"]), chance.choice(slots["person"])
    head = _head(sender, subject, slots, chance)
    return chance.choice(
        (
            f"Subject: {subject}\n\n{body}",
            f"{head}\n\n{body}",
            f"{body}\n\n-----Original Message-----\n{head}",
            f"Subject: {subject}\n\n{chance.choice(_COVERS)}\n----- Forwarded by {head}\n\n{body}",
            f"Subject: {subject}\n\n{body}\n\n{head}",
            f"{chance.choice(('Hi', 'Dear', 'Hello'))} {reader.split()[0]},\n\n{body}\n\n{sender.split()[0]}",
        )
    )


_COVERS = (
    "FYI",
    "fyi",
    "See below.",
    "",
    "Please see the message below.",
    "Thanks",
    "As discussed.",
    "For your files.",
)
_UNITS = ("Corp", "HOU", "LON", "NA", "HQ", "Finance", "Sales", "Legal", "Ops", "EMEA")


def _head(sender: str, subject: str, slots: Slots, chance: random.Random) -> str:
    """Return the header lines of a mail program, new or old, with one to five readers."""
    readers = [chance.choice(slots["person"]) for _ in range(chance.choice((1, 1, 2, 3, 5)))]
    firm = chance.choice(slots["company"]).split()[0]
    day = f"{chance.randint(1, 12):02}/{chance.randint(1, 28):02}/{chance.choice(slots['year'])}"
    clock = f"{chance.randint(1, 12):02}:{chance.randint(0, 59):02} {chance.choice(('AM', 'PM'))}"
    tags = [f"{name}/{chance.choice(_UNITS)}/{firm}@{firm}" for name in readers]
    return chance.choice(
        (
            f"From: {sender}\nSent: {day} {clock}\nTo: {'; '.join(readers)}\nSubject: {subject}",
            f"{sender}@{firm}\n{day} {clock}\nTo: {', '.join(tags)}\ncc:\nSubject: {subject}",
            f"\t{sender}\n\t{day} {clock}\n\t\t\n\t\t To: {', '.join(tags)}\n\t\t cc: \n\t\t Subject: {subject}",
            f"From: {sender} on {day} {clock}\nTo: {', '.join(tags)}\ncc:\n\nSubject: {subject}",
        )
    )
