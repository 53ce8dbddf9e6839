"""What a character looks like: the plain letters or digits that readers take it for."""

# ruff: noqa: RUF001, SIM905 - look-alikes are what this is about

import re
import unicodedata

_LOOKS_LIKE = {
    pair[0]: pair[2:]
    for pair in (
        # Cyrillic
        "а=a А=A в=b В=B с=c С=C е=e Е=E н=h Н=H і=i І=I ј=j Ј=J к=k К=K м=m М=M о=o О=O р=p Р=P ѕ=s Ѕ=S т=t Т=T у=y "
        "У=Y х=x Х=X ԁ=d ԛ=q Ԝ=W ԝ=w һ=h ӏ=l ь=b г=r п=n ү=y Ӏ=l ѵ=v Ѵ=V ԍ=g Ԍ=G Һ=H ҽ=e Ь=b З=3 з=3 б=6 Б=b Г=r "
        "П=n л=n Л=n ԏ=t Ԛ=Q ӕ=ae Ӕ=AE ә=e Ә=E ө=o Ө=O ӡ=z Қ=K Ң=H "
        # Greek, and the APL signs that look like it
        "Α=A Β=B Ε=E Ζ=Z Η=H Ι=I Κ=K Μ=M Ν=N Ο=O Ρ=P Τ=T Υ=Y Χ=X α=a ο=o ν=v ρ=p ι=i κ=k τ=t υ=u χ=x ϲ=c Ϲ=C γ=y "
        "ω=w ε=e ϳ=j η=n σ=o ϝ=f Ϝ=F Γ=r Π=n Λ=A Σ=E ⍺=a ⍳=i ⍴=p ⍵=w "
        # Armenian, Latin letters of other alphabets, small capitals
        "օ=o ս=u ո=n հ=h ց=g Լ=L ք=p Տ=S Օ=O ı=i ȷ=j ɑ=a ɡ=g ɩ=i ĸ=k ð=d Ð=D ə=e Ə=E ǝ=e Ǝ=E ɵ=o Ɵ=O ɛ=e Ɛ=E Ʃ=E "
        "Ƃ=b Ʌ=A ʒ=z Ʒ=Z ᴦ=r ᴨ=n ᴩ=p ᴫ=n Ⱨ=H Ⱪ=K ꭲ=i "
        # Lisu and Cherokee
        "ꓐ=B ꓑ=P ꓓ=D ꓔ=T ꓖ=G ꓗ=K ꓙ=J ꓚ=C ꓜ=Z ꓝ=F ꓟ=M ꓠ=N ꓡ=L ꓢ=S ꓣ=R ꓦ=V ꓧ=H ꓪ=W ꓫ=X ꓬ=Y ꓮ=A ꓰ=E ꓲ=I ꓳ=O ꓴ=U "
        "Ꭰ=D Ꭱ=R Ꭲ=T Ꭵ=I Ꭹ=Y Ꭺ=A Ꭻ=J Ꭼ=E Ꮃ=W Ꮇ=M Ꮋ=H Ꮍ=Y Ꮐ=G Ꮒ=H Ꮓ=Z Ꮞ=4 Ꮟ=B Ꮢ=R Ꮤ=W Ꮪ=S Ꮮ=L Ꮯ=C Ꮲ=P Ꮶ=K Ꮷ=d Ᏼ=B "
        # letters of further scripts that share their shape with that script's digit, or with each other
        "ဝ=0 ᦞ=0 ᦱ=1 ᩅ=0 ᬍ=2 ᬑ=3 ᬨ=8 ᭜=0 ꧆=0 𐒆=0 ଠ=0 ഠ=o ᠵ=j ᡕ=j អ=H ឣ=H 𐎂=r 𐏑=r 𐎓=k 𐏓=k 𐎚=T 𒀸=T "
        # letters that are two
        "ß=ss ẞ=SS æ=ae Æ=AE œ=oe Œ=OE þ=th Þ=Th "
        # punctuation
        "ǃ=! ∶=: ։=: ꞉=: ⁄=/ ∕=/ ⧸=/ ․=. ·=. •=. ∙=. 。=. 、=, −=- ∼=~ ⁓=~ ー=- ‚=, ٬=, ٫=. ⎼=-"
    ).split()
}
_QUOTES = dict.fromkeys("\u2018\u2019\u201b\u2032\u00b4", "'") | dict.fromkeys(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'
)
_BLANKS = {"\u2800": " ", "\u3164": "", "\u115f": "", "\u1160": "", "\uffa0": "", "\u17b4": "", "\u17b5": ""}
_NAMED = re.compile(r".*LETTER (?:[A-Z]+ ){0,3}?([A-Z])(?: WITH .*)?")
_HIDING = (
    (0xE0000, range(0xE0020, 0xE007F)),  # tags
    (0xE00F0, range(0xE0110, 0xE016F)),  # variation selectors as bytes; texts that name a glyph use lower ones
)
"""Invisible to people, read by language models: where a block's ASCII begins, and its printable characters."""
_INVISIBLE = frozenset(("Cf", "Mn", "Me", "Cc"))
OTHER = "\x7f"


def plain_of(character: str) -> str:
    """Return what one character looks like in ASCII: nothing, one or several characters; OTHER where nothing does."""
    if " " <= character <= "~" or character in "\t\n\r":
        return character
    known = _LOOKS_LIKE.get(character) or _QUOTES.get(character) or _BLANKS.get(character)
    if known is not None:
        return known
    hidden = next((ord(character) - base for base, places in _HIDING if ord(character) in places), None)
    if hidden is not None:
        return chr(hidden)
    kind = unicodedata.category(character)
    if kind in _INVISIBLE:
        return " " if character.isspace() else ""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return "-" if kind == "Pd" else _by_parts(character)


def _by_parts(character: str) -> str:
    named = _by_name(character)
    if named:
        return named
    parts = [part for part in unicodedata.normalize("NFKD", character) if unicodedata.category(part) not in _INVISIBLE]
    if parts == [character]:
        return " " if character.isspace() else OTHER
    return "".join(plain_of(part) for part in parts)


def _by_name(character: str) -> str:
    """Return the letter that Unicode's own name says this is a variant of: stroked, circled, script, small capital."""
    name = unicodedata.name(character, "")
    if "LATIN" not in name and "REGIONAL INDICATOR" not in name:
        return ""
    match = _NAMED.fullmatch(name)
    if match is None:
        return ""
    letter = match.group(1)
    return letter.lower() if " SMALL " in name else letter
