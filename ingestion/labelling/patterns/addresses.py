"""Postal addresses (PII) as they are written in some twenty countries: street and number, box, flat, town and code."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

import re
from collections.abc import Callable

from ingestion.labelling.patterns.pattern import Pattern, compiled, words
from ingestion.sensitivity import Category

_TITLED = r"(?:[A-Z\x7f][A-Za-z'.\-\x7f]+|\d{1,3}(?:st|nd|rd|th))"
_STREET = (
    r"(?:street|st|avenue|ave|av|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|terrace|ter|close|crescent|cres|square|sq|"
    r"highway|hwy|parkway|pkwy|circle|cir|alley|loop|trail|trl|row|gardens|grove|mews|hill|turnpike|plaza|pike|walk|wharf|"
    r"ridge|bend|pass|crossing|path|run|point|heights|mount|parade|quay|rise|vale|view|villas|yard|mall|expressway|fwy|"
    r"causeway|esplanade|promenade|cove|glen|meadows?|park|place|pl|bypass|junction|str)"
)
_GLUED = (
    r"(?:strasse|str\.|str|gasse|weg|allee|platz|ufer|damm|ring|steig|stieg|pfad|chaussee|bruecke|brucke|markt|graben|promenade|"
    r"straat|laan|gracht|plein|kade|dijk|singel|steeg|"
    r"gatan|gata|vagen|vaegen|torget|stigen|allen|backen|grand|gade|vej|vaenget|stien|straede|alle|parken|"
    r"veien|vegen|gaten|bakken|katu|tie|kuja|polku|raitti|vegur|braut|stigur|utca|tanav|puiestee)"
)
_GLUED_SURE = (
    r"(?:strasse|gasse|weg|allee|platz|straat|laan|gracht|gatan|gata|vagen|gade|vej|veien|katu|kuja|utca|vegur|straede)"
)
_GLUED_WORD = r"(?:gate|gt\.|plass|utca|ut|u\.|ter|korut|kapu|utja|tee|pst|tn|kuja|tie|vej|gade|weg|strasse|str\.?|allee|platz|ring|damm|laan|gracht|plein|sokak|sok\.|caddesi|cad\.|iela|gatve|gatan|vagen)"
_RUE = r"(?:rue|avenue|av\.?|boulevard|bd\.?|blvd|bld|chemin|ch\.|impasse|imp\.|allees?|place|pl\.|quai|cours|route|rte|square|sq\.|passage|faubourg|fg|sentier|voie|villa|ruelle|esplanade|promenade|residence|lotissement|hameau|rond-point|chaussee)"
_FRENCH_NUMBER = r"(?:\d{1,4}(?: ?[-/] ?\d{1,4})?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt)"
_LINKS = r"(?:(?:de|du|des|la|le|les|l'|d'|el|los|las|del|y|e|da|do|dos|das|di|della|dei|degli|van|von|der|den|am|an|im|zum|zur|auf|unter|na|pod|ob) ?){0,4}"
_CALLE = (
    r"(?:calle|c/|avenida|avda?\.?|plaza|pza\.?|paseo|p[o.] de|camino|carretera|ctra\.?|ronda|travesia|glorieta|urbanizacion|carrer|"
    r"avinguda|placa|passeig|via|viale|v\.le|piazza|p\.za|corso|largo|vicolo|strada|rua|r\.|travessa|praca|alameda|estrada|"
    r"ulica|ulice|ul\.|al\.|aleja|os\.|pl\.|nam\.|namesti|trg|cesta|strada|str\.|bulevardul|bd\.|ulitsa|prospekt|odos|leoforos|jalan|jl\.|carrera|cra\.?|kra\.?)"
)
_NAME = r"(?:[A-Z\x7f][A-Za-z.'\-\x7f]*|de|la|del|da|do|e|y|i|z|u\.|ut|utca|ter|utja|van|von|der|den|and|sq|str)"
_UNIT = (
    r"(?:apt|apartment|suite|ste|flat|appt|appartement|wohnung|whg|piso|depto|departamento|interno|lgh|bat\.?|esc\.?)"
)
_COUNTRIES = (
    r"AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|"
    r"PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
_NO_TOWN = r"(?:Euros?|EUR|Mitarbeiter\w*|Kunden|Meter|Stuck|Einwohner|Personen|Menschen|Jahren?|Zeilen|Punkte|Dollar|USD|Nutzer|Tage|Stunden|Exemplare|Teile|Seiten|Records|Users|Rows)"
_PLACED = (
    r"(?i)\b(?:lives? (?:at|on|in)|lived (?:at|on|in)|living (?:at|on|in)|resid\w+ (?:at|on|in)|address(?:es)?(?: is| to|:|\?? it is|\?? it's)?|sent to\? \w+:|here they are|same|deliver(?:ed|y)?(?: it)? to|located (?:at|on|in)|"
    r"moved (?:to|from)|ship(?:ped|ping)?(?: it| them)? to|taxi to|drops? (?:you|me|him|her|us) off(?: at)?|(?:be )?sent to|send (?:it|one|them|a new one|this) to|"
    r"offices? (?:is|are)(?: located)? (?:at|on)|restaurant is(?: located)? (?:at|on|in)|meet(?:ing)? (?:\w+ )?at(?: \w+,)?|corner of|stop at|return to|station is (?:on|at)|enter on|"
    r"side of|now live in|once lived in|billing address with|it's in|wohnt(?: in)?|wohnhaft(?: in)?|anschrift|adresse|habite(?: au)?|domicili\w*(?: au| en)?|demeurant(?: au)?|"
    r"residant(?: au)?|vive en|vivo en|direccion|reside en|domicilio|residence|refers to|(?:his|her|my|their|your|our) address|address of [^.\n]{2,50} is|adresse von [^.\n]{2,50} ist"
    r")[\s:,;\-]{0,4}(?:the |the corner of )?$"
)
_NO_ADDRESS = words(
    r"room|building|gate|floor|level|terminal|platform|sections?|chapter|page|figure|fig|table|version|step|line|port|exit|unit|"
    r"module|article|volume|act|annex|parts?|raum|seite|kapitel|abschnitt|halle|saal|salle|etage|sala|since|until|rfc|iso|"
    r"jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|model|percent|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|years?|of|in|is|was|were|to|at|by|on|or|with|that|this|than|from|as|through|for|"
    r"out|over|about|only|not|than|between|euros?|eur|usd|dollars?|km|kilometers?|miles|square|minutes?|hours?|days?|people|during|"
    r"januar|februar|marz|mai|juni|juli|oktober|dezember|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d$")


def _placed(before: str, _after: str) -> bool:
    """Whether the words right before say that here follows where somebody lives or something is."""
    return compiled(_PLACED).search(before) is not None


def _could_be_named(value: str) -> bool:
    """Whether a number and words beside it could be a house in a street: no year, no month, nothing that is counted."""
    only_year = _YEAR.search(value) is not None and not value[0].isdigit()
    return not only_year and compiled(_NO_ADDRESS).search(value) is None


def _no_date(value: str) -> bool:
    """Whether this is no "During 1971": a street's name may end like a word that stands before a year."""
    return _YEAR.search(value) is None or not value.partition(" ")[0].endswith(("ring", "tie", "grand", "alle"))


def _names_no_text(value: str) -> bool:
    """Whether this is no "via Section 8": a way through a text and not through a town."""
    return (
        compiled(
            words(r"sections?|chapters?|ports?|versions?|figures?|rfc|steps?|pages?|tables?|https?|proxy|signed-by")
        ).search(value)
        is None
    )


def _address(
    shape: str, *, near: str | None = None, unless: str | None = None, valid: Callable[[str], bool] | None = None
) -> Pattern:
    return Pattern(kind="street_address", category=Category.PII, shape=shape, near=near, unless=unless, valid=valid)


def _somewhere(shape: str) -> Pattern:
    """Return a pattern for what is an address only because the words before it say so."""
    return Pattern(
        kind="street_address",
        category=Category.PII,
        shape=shape,
        context=_placed,
        valid=_could_be_named,
        confidence=0.75,
    )


ADDRESSES = (
    # 1133 Connecticut Avenue; 221B Baker Street; 12-14 High St.
    _address(
        rf"\b(\d{{1,6}}(?:[A-Za-z]|-\d{{1,4}}|/\d{{1,3}})? (?:(?:[NSEW]\.?|[NS][EW]|North|South|East|West|\d{{1,6}}) )?(?:{_TITLED} ){{1,4}}(?i:{_STREET}))\b"
    ),
    _address(
        r"(?i)\b(\d{1,6}[a-z]? (?:(?:n|s|e|w|north|south|east|west)\.? )?(?:[a-z\x7f][a-z'\x7f]{2,} ){1,3}(?:street|avenue|ave|road|rd|lane|drive|boulevard|blvd|court|terrace|crescent|parkway|pkwy)),? (?:[a-z][a-z ]{2,30},? )?(?:[a-z]{2},? )?\d{4,5}\b"
    ),
    # Lindenstrasse 14; Lange Strasse 3a; Andrassy ut 4; Kungsgatan 5
    _address(
        rf"\b([A-Z\x7f][A-Za-z.\-\x7f]*{_GLUED}\.? \d{{1,4}}(?: ?[a-zA-Z]|-\d{{1,4}}|/\d{{1,4}})?|(?:[A-Z\x7f][A-Za-z\-\x7f.]+ ){{1,3}}(?i:{_GLUED}|{_GLUED_WORD})\.?,? \d{{1,4}}[a-zA-Z]?|"
        rf"(?:Strasse|Platz|Allee|Am|An der|Im|Auf dem|Unter den|Zum|Zur) (?:des |der |den |\d{{1,2}}\. )*[A-Z][a-z\-]+(?: [A-Z][a-z]+)? \d{{1,3}}[a-z]?,? (?:D-|A-|CH-)?\d{{4,5}}|"
        rf"Strasse des \d{{1,2}}\. [A-Z][a-z]+ \d{{1,4}}|"
        rf"\d{{1,6}} [A-Z\x7f][A-Za-z\-\x7f]*{_GLUED_SURE}\b(?: \d{{1,4}})?|[A-Z]\d{{1,2}},? \d{{1,2}},? 68\d{{3}} Mannheim)(?:\b|$)",
        valid=_no_date,
    ),
    # 12 bis, rue de la Paix; sept allee des roses; 187 Rue de l'eglise
    _address(
        rf"\b(\d{{1,4}}(?: ?[-/] ?\d{{1,4}})?,? ?(?:bis|ter|quater|[a-dA-D])?,? (?i:{_RUE}) {_LINKS}[A-Z\x7f][A-Za-z'.\-\x7f]{{2,}})"
    ),
    _address(
        rf"(?i)\b({_FRENCH_NUMBER},? ?(?:bis|ter|quater|[a-d])?,? (?:rue|avenue|boulevard|bd|allee|chemin|impasse|quai|place|passage) {_LINKS}[a-z\x7f][a-z'.\-\x7f]{{2,}})\b",
        unless=words(r"chapitre|section|page"),
    ),
    _address(rf"[A-Za-z]({_FRENCH_NUMBER} {_RUE} {_LINKS}[A-Z\x7f][A-Za-z'.\-]{{2,}})"),
    # Calle Mayor, 12; Via Roma 8; ul. Dluga 5; Rua do Ouro 12
    _address(
        rf"(?:^|[^A-Za-z0-9/])((?i:{_CALLE}) ?{_LINKS}(?:\d{{1,2}} )?(?:{_NAME} ){{0,5}}[A-Z\x7f][A-Za-z.'\-\x7f]*,? (?:n[.ou]? ?|num\.? ?|nr\.? ?|# ?|no\. ?)?\d{{1,5}}(?: ?[A-Za-z]|/\d{{1,4}})?)\b",
        valid=_names_no_text,
    ),
    # 6570 Jiriho z Podebrad 1874; 159 Eleftheriou Venizelou str: a name between two numbers, or a number where people live
    _somewhere(
        r"(?i)\b(\d{1,6}[a-z]?,? (?:\d{1,5} )?[a-z\x7f][a-z.'\-\x7f]*(?:[ \n][a-z\x7f][a-z.'\-\x7f]*){0,5} \d{1,5}[a-z]?)\b",
    ),
    _somewhere(
        rf"\b((?:\d{{1,6}} )?(?:[A-Z\x7f][A-Za-z.'\-\x7f]*|ul\.|al\.|os\.) (?:{_NAME} ){{0,5}}\d{{1,5}}[a-z]?)(?:[.,\n]|$| [Ss]t\b| street| and | in | for )",
    ),
    _somewhere(
        r"\b(\d{1,6} \d{1,6} [A-Z\x7f][A-Za-z.'\-\x7f]*(?: [A-Za-z\x7f][A-Za-z.'\-\x7f]*){0,4}|\d{2,6}(?: \d{1,6})? [a-z\x7f][a-z.'\-\x7f]+(?: [a-z\x7f][a-z.'\-\x7f]+){1,4},?\n)",
    ),
    _address(
        r"(?i)\b((?:the )?corner of (?:\d{1,6} [a-z\x7f][a-z.'\-\x7f]*(?: [a-z\x7f][a-z.'\-\x7f]*){0,3}|[a-z\x7f][a-z.'\-\x7f]*(?: [a-z\x7f][a-z.'\-\x7f]*){0,3} \d{1,5}\.?(?: st\.?| str\.?)?) and [a-z\x7f][a-z.'\-\x7f]+)",
    ),
    _address(
        r"(?i)\b(p\.? ?o\.? ?box \d{1,6}|postfach \d{2,6}|bo[i\x7f]te postale \d{1,6}|bp \d{1,5},? \d{5}|apartado(?: de correos| postal)? \d{1,6}|apdo\.? \d{1,6}|"
        r"psc \d{3,5},? box \d+|(?:apo|fpo|dpo),? (?:aa|ae|ap) \d{5}|rr? ?\d{1,3} box \d{1,5}|(?:c/o|hc) \d{1,3} box \d{1,5})\b",
    ),
    _address(
        rf"\b(\d{{1,6}}[^\n]{{3,50}}(?:,|\n)? *(?i:{_UNIT})\.? ?#?\d{{1,5}}[A-Za-z]?|(?i:apt)\.? #?\d{{1,5}}[A-Za-z]?|(?i:{_UNIT})\.? ?#?\d{{1,5}}[A-Za-z]?,? ?\n? *[A-Z][A-Za-z\x7f]+,? ?(?:\n ?,? ?)?(?:[A-Z]{{2}},? ?\n? ?)?\d{{4,6}})\b",
        unless=words(r"test suite|tests|install"),
    ),
    # Denver, CO 80202; London SW1A 2AA; 1012 AB Amsterdam; 10115 Berlin, under a street
    _address(rf"\b([A-Z][A-Za-z.\-]+(?: [A-Z][A-Za-z.\-]+){{0,2}},? (?:{_COUNTRIES}),? \d{{5}}(?:-\d{{4}})?)\b"),
    _address(
        r"\b((?:GIR 0AA|(?:[A-Z]{1,2}\d[A-Z\d]?) \d[ABD-HJLNP-UW-Z]{2}))\b",
        near=words(
            r"address|street|road|lane|avenue|london|lives?|postcode|post code|house|close|drive|court|manchester|leeds|birmingham|bristol|glasgow|edinburgh|uk|united kingdom|england|scotland|wales"
        ),
    ),
    _address(
        r"\b([1-9]\d{3} ?[A-Z]{2} {1,2}[A-Z][a-z]{2,}(?:[ \-][A-Za-z]+)?)\b",
        near=words(r"\w*(?:straat|laan|weg|plein|gracht|kade|dijk)|adres|woont|postcode|nederland|netherlands"),
    ),
    _address(
        r"\b([ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d)\b",
        near=words(
            r"address|street|ave(?:nue)?|road|canada|ontario|quebec|toronto|vancouver|montreal|postal code|ON|QC|BC|AB"
        ),
    ),
    _address(
        r"(?:^|[\n,;]|\b(?:D|A|F|CH|I|E|DE|FR|AT)-) ?((?:0[1-9]|[1-9]\d)\d{2,3} [A-Z][A-Za-z\-]{2,}(?: (?:[A-Z]|am|an|im|sur|de|la|di|del)[A-Za-z\-]*){0,3})(?:[ \t]*(?:[,.;\n]|$))",
        near=words(
            r"\w*(?:strasse|str|weg|platz|allee|gasse)|rue|avenue|boulevard|calle|avenida|via|viale|piazza|plaza|adresse|anschrift|direccion|indirizzo|wohnhaft|domicili\w*|plz|ort|postfach|bp"
        ),
        unless=rf"\d{{4,5}} {_NO_TOWN}\b",
    ),
)
