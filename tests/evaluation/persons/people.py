"""Made-up people of eight languages, with the forms that their names take; written by hand, not by any rule of ours."""

# ruff: noqa: RUF001 - names are written as their bearers write them

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody: `inflected` are cases of the whole name, `salutations` are what stands before the family name."""

    language: str
    given: str
    family: str
    inflected: tuple[str, ...] = ()
    salutation: str = ""
    short: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}"


def _german(given: str, family: str, salutation: str, *short: str) -> Person:
    genitive = f"{family}'" if family[-1] in "sxzß" else f"{family}s"
    forms = (f"{given} {genitive}", f"{given[0]}. {genitive}")
    return Person(language="de", given=given, family=family, inflected=forms, salutation=salutation, short=short)


def _english(given: str, family: str, salutation: str, *short: str) -> Person:
    forms = (f"{given} {family}'s", f"{given[0]}. {family}\u2019s")
    return Person(language="en", given=given, family=family, inflected=forms, salutation=salutation, short=short)


def _other(language: str, name: str, salutation: str, *inflected: str, short: tuple[str, ...] = ()) -> Person:
    given, _, family = name.partition(" ")
    return Person(
        language=language, given=given, family=family, inflected=inflected, salutation=salutation, short=short
    )


PEOPLE = (
    _german("Jürgen", "Müller", "Herr Dr. Müller", "Juergen Mueller", "Jürg. Müller"),
    _german("Julia", "Müller", "Frau Müller"),
    _german("Anna", "Müller", "Frau Müller", "Anna Mueller"),
    _german("Hans-Peter", "Weber", "Herr Weber", "H.-P. Weber", "Hans Weber"),
    _german("Katrin", "Schäfer", "Frau Schäfer", "Katrin Schaefer", "KATRIN SCHÄFER"),
    _german("Thomas", "Groß", "Herr Groß", "Thomas Gross"),
    _german("Sabine", "Müller-Lüdenscheidt", "Frau Müller-Lüdenscheidt", "S. Mueller-Luedenscheidt"),
    _german("Uwe", "Fuchs", "Kollege Fuchs"),
    _german("Klaus", "von der Heide", "Herr von der Heide", "K. v.d. Heide"),
    _german("Birgit", "Jansen", "Frau Jansen"),
    _german("Matthias", "Köhler", "Herrn Köhler", "Matthias Koehler", "Matth. Köhler"),
    _german("Heike", "Böhm", "Frau Böhm", "Heike Boehm"),
    _english("Liam", "O'Hara", "Mr O'Hara", "L. O\u2019Hara"),
    _english("Emily", "Watson", "Ms Watson"),
    _english("Edward", "Watson", "Mr Watson"),
    _english("George", "Hughes", "Mr Hughes", "GEORGE HUGHES"),
    _english("Priya", "Raghavan", "Dr Raghavan"),
    _english("Oliver", "Whitcombe", "Mr. Whitcombe", "Whitcombe O."),
    _english("Margaret", "Ellison", "Mrs Ellison"),
    _english("Daniel", "Kerrigan", "Mr Kerrigan", "Dan. Kerrigan"),
    _other("fr", "Claire Fournier", "Mme Fournier", "le dossier de Claire Fournier", short=("FOURNIER Claire",)),
    _other("fr", "Luc Delacroix", "M. Delacroix", "l'avis de L. Delacroix"),
    _other("fr", "Amélie Lefèvre", "Mme Lefèvre", "d'Amélie Lefèvre", short=("Amelie Lefevre",)),
    _other("fr", "Jean-Marc Rousselle", "Monsieur Rousselle", short=("J.-M. Rousselle", "Jean-Marc ROUSSELLE")),
    _other("fr", "Hélène Gauthier", "Madame Gauthier", "à Hélène Gauthier", short=("Helene Gauthier",)),
    _other("es", "María García López", "Sra. García López", short=("María García", "M. García López")),
    _other("es", "José Hernández Ruiz", "el Sr. Hernández", short=("José Hernández", "Jose Hernandez Ruiz")),
    _other("es", "Lucía Ibáñez", "la Sra. Ibáñez", short=("Lucia Ibanez", "IBÁÑEZ, LUCÍA")),
    _other("es", "Andrés Quintero", "don Andrés Quintero", short=("A. Quintero",)),
    _other("pl", "Piotr Wiśniewski", "pana Wiśniewskiego", "Piotra Wiśniewskiego", "Piotrowi Wiśniewskiemu"),
    _other("pl", "Katarzyna Zielińska", "pani Zielińskiej", "Katarzyny Zielińskiej", "Katarzynę Zielińską"),
    _other("pl", "Marek Wróbel", "panu Wróblowi", "Marka Wróbla", "Markiem Wróblem"),
    _other("pl", "Anna Nowak", "pani Nowak", "Anny Nowak", "Annie Nowak"),
    _other("pl", "Tomasz Nowak", "pana Nowaka", "Tomasza Nowaka", "Tomaszem Nowakiem"),
    _other("nl", "Pieter van den Berg", "de heer Van den Berg", short=("P. v.d. Berg", "P. van den Berg")),
    _other("nl", "Sanne de Vries", "mevrouw De Vries", "Sanne de Vries'", short=("S. de Vries",)),
    _other("it", "Giulia Moretti", "la dott.ssa Moretti", "dell'ing. Giulia Moretti", short=("MORETTI Giulia",)),
    _other("it", "Nicolò D'Angelo", "il sig. D'Angelo", short=("Nicolo D\u2019Angelo", "N. D'Angelo")),
    _other("tr", "Mehmet Yılmaz", "Sayın Yılmaz", "Mehmet Yılmaz'ın", "Mehmet Yilmaz'a"),
    _other("sv", "Åsa Lindström", "fru Lindström", "Åsa Lindströms", short=("Asa Lindstroem",)),
)

OTHERS = ("Erika", "Paul", "Nina", "Robert", "Sophie", "Martin", "Laura", "David")
"""Given names of namesakes: people whom nobody looks for, with the family names of those above."""
