"""What a person may do about what is kept of them, in plain words, by the article that gives the right."""

RIGHTS = (
    "You may have what is wrong corrected and what is incomplete completed (Article 16 GDPR).",
    "You may have data about you erased where one of the grounds of Article 17 applies.",
    "You may have its use restricted, for example while a correction is examined (Article 18).",
    "You may object to its use where it rests on a public or a legitimate interest (Article 21).",
    "You may receive what you provided yourself in a form that machines read (Article 20); data.json is one.",
    "You may complain to a supervisory authority, above all where you live, work, or the matter arose (Article 77).",
    (
        "The purposes and the legal basis, whom the controller discloses data to otherwise, the contact of its data "
        "protection officer, and whether there is automated decision-making (Article 15(1)) are told in the letter "
        "that comes with this file: the knowledge base does not know them."
    ),
)
