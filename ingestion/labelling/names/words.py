"""What is known about a word: given name, surname, place, or an ordinary word; and words that frame names."""

# ruff: noqa: SIM905 - lists of words read better without quotes

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files


@cache
def known(name: str) -> frozenset[str]:
    """Return one of the shipped lists: given, surnames, places, common. Folded and lower case."""
    return frozenset(files(__package__).joinpath(f"{name}.txt").read_text(encoding="ascii").split())


TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir madam lady lord herr herrn frau fraulein mme mlle monsieur madame "
    "mademoiselle messieurs senor senora senorita sr sra srta don dona doctor doctora docteur maitre patient patientin "
    "nurse dipl ing mag captain sergeant judge senator president rabbi father sister brother uncle aunt".split()
)
STRICT_TITLES = frozenset(
    "mr mrs ms miss mx dr prof herr herrn frau mme mlle monsieur madame mademoiselle senor senora senorita sra".split()
)
PARTICLES = frozenset("de del della der den di da das dos du la le van von zu bin ibn el al ter ten af av y e".split())
NOT_NAMES = frozenset(
    # products, projects and terms that look like given names or surnames
    "jessie woody etch lenny sarge buster stretch bookworm bullseye wheezy squeeze sid ruby julia ada jasmine alexa "
    "django java perl pascal haskell jenkins maven ansible docker debian ubuntu gnome apache oracle linux windows word "
    "excel access outlook teams mac intel siemens bosch mercedes ford audi opel claude alexa siri cortana apple amazon "
    "google meta visa mastercard european american english french german spanish italian christian catholic jewish "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi "
    "mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo internet wifi "
    "north south east west northern southern eastern western central new old great united royal national "
    "university college school hospital church bank park street road avenue lake river city county state court house "
    "office center centre museum library hotel airport station company group team board committee department union "
    "service services support system systems network software project program programme version chapter section "
    "figure table page note example appendix part step question answer source title subject doctor therapist nurse "
    "father mother brother sister uncle aunt king queen prince princess bishop pope god christ saint jesus "
    "mach reynolds prandtl nusselt euler newton laplace gauss hertz kelvin celsius pascal tesla bayes markov "
    "mexico paris london berlin madrid washington texas virginia georgia carolina dakota montana florence charlotte "
    "sydney austin houston dallas jordan israel chad india china asia africa europe france italy spain kenya "
    "hello dear thanks thank regards sincerely hi please yes our your their this that these those what when where "
    "who why how all any some each every the and but for not with from into onto upon per via bcc fwd".split()
)
BEFORE_PLACES = frozenset(
    "san santa santo saint st sankt fort lake mount mt port puerto cape rio los las el la new north south east west "
    "the university college universite universitat universidad rue avenue boulevard calle plaza place platz via".split()
)
AFTER_OTHERS = frozenset(
    "street st road rd avenue ave lane drive boulevard square university college school hospital inc ltd llc gmbh ag "
    "sa corp corporation company co plc bank airport station "
    "lake river park county city bridge island islands bay beach "
    "award prize cup trophy stadium museum theatre theater foundation institute equation number theorem law method "
    "distribution function syndrome disease license licence strasse platz hotel church cathedral records group "
    "motors airlines software systems press university's island valley creek hills mountain mountains".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about a word, whoever wrote it and wherever it stands."""

    given: bool
    surname: bool
    common: bool
    """Whether it is an ordinary word, places apart."""
    ordinary: bool
    """Whether it is a word or a place that a capital does not turn into a name."""
    never: bool
    """Whether it is never part of a name here."""


@lru_cache(maxsize=65_536)
def facts_of(word: str) -> Facts:
    """Return what is known about a word in small letters."""
    parts = word.split("-")
    never = any(part in NOT_NAMES for part in parts)
    common = never or any(part in known("common") for part in parts)
    return Facts(
        given=any(part in known("given") for part in parts),
        surname=any(part in known("surnames") for part in parts),
        common=common,
        ordinary=common or word in known("places"),
        never=never,
    )


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text with what is known about it."""

    text: str
    start: int
    end: int
    folded: str
    """The word in small letters, without a possessive ending."""
    facts: Facts

    @classmethod
    def of(cls, text: str, start: int = 0) -> "Word":
        """Return a word with what is known about it."""
        folded = text.lower().removesuffix("'s").rstrip("'-")
        return cls(text, start, start + len(text), folded, facts_of(folded))

    @property
    def capital(self) -> bool:
        """Whether it is written like a name: Smith, O'Neil, SMITH."""
        return self.text[0].isupper() and len(self.text) > 1
