"""Each kind of identifier has an example that is found and one that only looks like it (R1, R2)."""

# ruff: noqa: E501 - a table is read by its rows

import pytest

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Category

_LABELLER = RingfenceLabeller.shipped()


def found(text: str) -> set[tuple[str, str]]:
    """Return kind and text of every finding of the detectors."""
    (label,) = _LABELLER.label([text], None)
    return {(finding.kind, text[finding.start : finding.end]) for finding in label.findings}


def kinds(text: str) -> set[str]:
    return {kind for kind, _ in found(text)}


_KINDS = (
    # kind, a true example, its value, a near miss that must not be of this kind
    ("email", "schreib an anna.becker@gmx.de", "anna.becker@gmx.de", "a decorator @property.setter in the class"),
    ("phone", "call +1 (212) 555-0147 now", "+1 (212) 555-0147", "the range is 100-250 units"),
    ("phone", "ring 212-555-0147 x4587 today", "212-555-0147 x4587", "on 2019-04-16 11:34:35 it ended"),
    ("phone", "Tel.: 030 / 12 34 56 78", "030 / 12 34 56 78", "Boston, 02110-1301 is a code"),
    ("phone", "appelez le 06 12 34 56 78", "06 12 34 56 78", "between 2010 - 2011 it grew"),
    ("phone", "llame al 612 345 678", "612 345 678", "it costs 1 200 300 euros"),
    ("phone", "mobile 07700 900123", "07700 900123", "reading 07700 of the meter"),
    ("phone", "unter 0170 1234567 sind wir da", "0170 1234567", "der Artikel 0170 1234567"),
    ("phone", "unter 0151-23456789 sind wir da", "0151-23456789", "das Teil 0001-23456789"),
    ("phone", "unter 01701234567 sind wir da", "01701234567", "das Feld 01001234567"),
    ("phone", "we answer 07911123456 all day", "07911123456", "the row 07011123456"),
    ("phone", "Telefon 4930123456", "4930123456", "the phone was made on 2019-04-16"),
    ("phone", "Telefon 7045550123", "7045550123", "phone price 3134.452501"),
    ("ip_address", "from 41.173.96.26 at noon", "41.173.96.26", "release 41.173.96"),
    ("ip_address", "host 2a02:8108:1234::5 answered", "2a02:8108:1234::5", "at 12:30:45 sharp"),
    ("mac_address", "card 00:1B:44:11:3A:B7 seen", "00:1B:44:11:3A:B7", "score 00:1B:44"),
    ("date_of_birth", "born on 12 March 1987", "12 March 1987", "founded on 12 March 1987"),
    ("date_of_birth", "geb. 03.07.1979", "03.07.1979", "am 03.07.1979 eröffnet"),
    ("date_of_birth", "née le 22|8|1923", "22|8|1923", "le 22/8/1923 à Paris"),
    ("date_of_birth", "fecha de nacimiento: 4 de mayo de 1990", "4 de mayo de 1990", "el 4 de mayo de 1990 abrió"),
    ("passport", "Passport C01X00T47", "C01X00T47", "Part C01X00T47"),
    ("driving_licence", "driving licence MORGA657054SM9IJ", "MORGA657054SM9IJ", "module MORGA657054SM9IJ"),
    ("vehicle_plate", "Kennzeichen B-MW 1234", "B-MW 1234", "Typ B-MW 1234"),
    ("profile", "see linkedin.com/in/anna-becker-42", "linkedin.com/in/anna-becker-42", "see linkedin.com/company"),
    ("street_address", "221B Baker Street is hers", "221B Baker Street", "the 221 bakers met"),
    ("street_address", "he moved to 14-16 High Road", "14-16 High Road", "14 high roads"),
    ("street_address", "Lindenstraße 14 in Ulm", "Lindenstraße 14", "die Straße 14 mal gequert"),
    ("street_address", "Straße des 17. Juni 135", "Straße des 17. Juni 135", "am 17. Juni 135 Gäste"),
    ("street_address", "12 bis, rue de la Paix", "12 bis, rue de la Paix", "une rue de la ville"),
    ("street_address", "187 Rue de l'église", "187 Rue de l'église", "187 rues"),
    ("street_address", "Calle Mayor, 12", "Calle Mayor, 12", "la calle mayor del pueblo"),
    ("street_address", "Via Roma 8", "Via Roma 8", "via Section 8"),
    ("street_address", "ul. Długa 5", "ul. Długa 5", "długa 5"),
    ("street_address", "Kungsgatan 5", "Kungsgatan 5", "During 1971 it grew"),
    ("street_address", "P.O. Box 2211", "P.O. Box 2211", "a box of 2211 screws"),
    ("street_address", "Postfach 1234", "Postfach 1234", "ein Fach 1234"),
    ("street_address", "Denver, CO 80202", "Denver, CO 80202", "we use CO 80202 sensors"),
    ("crypto_wallet", "pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
     "id 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
    ("crypto_wallet", "to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
     "to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdr"),
    ("crypto_wallet", "wallet 0x52908400098527886e0f7030069857d2e4169ee7", "0x52908400098527886e0f7030069857d2e4169ee7",
     "blob 0x52908400098527886e0f7030069857d2e4169ee7"),
    ("crypto_wallet", "at 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
     "at 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ("medical_record_number", "MRN: 00482913", "00482913", "RN: 00482913"),
    ("icd_code", "diagnosis E11.9 since May", "E11.9", "take the E11.9 road"),
    ("icd_code", "Befund: M54.5", "M54.5", "Vitamin B12 und Raum M25"),
    ("procedure_code", "CPT code 99213", "99213", "order code 99213"),
    ("procedure_code", "HCPCS J1885", "J1885", "model J1885"),
    ("provider_number", "NPI 2512756190", "2512756190", "NPI 2512756191"),
    ("prescriber_number", "DEA AB1234563", "AB1234563", "DEA AB1234564"),
    ("health_insurance_number", "KVNR A123456780", "A123456780", "Teil A123456780"),
    ("health_insurance_number", "Medicare 1EG4-TE5-MK73", "1EG4-TE5-MK73", "key 1EG4-TE5-MK73"),
    ("health_insurance_number", "Member ID XYZ123456789 for the health plan", "XYZ123456789", "Library XYZ123456789"),
    ("dosage", "metformin 500 mg twice daily", "metformin 500 mg", "metformin 500 mg per kg in rats daily"),
    ("card_security_code", "CVV: 123", "123", "the room 123"),
    ("card_security_code", "Kartenprüfnummer 987", "987", "CSC building has 123 rooms"),
    ("card_expiry", "Visa card, valid thru 09/27", "09/27", "milk, valid until 09/27"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505 0001 3M02 607"),
    ("bic", "BIC: DEUTDEFF", "DEUTDEFF", "in DEUTDEFF"),
    ("routing_number", "routing number 087136573", "087136573", "routing number 087136574"),
    ("bank_account", "bank account 12345678", "12345678", "customer account number 12345678"),
    ("sort_code", "sort code 20-00-00", "20-00-00", "sort 20-00-00"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value", "near_miss"), _KINDS, ids=[f"{row[0]}-{row[2]}" for row in _KINDS])
def test_a_kind_is_found_where_it_stands_and_its_near_miss_is_not(
    kind: str, text: str, value: str, near_miss: str
) -> None:
    assert (kind, value) in found(text)
    assert kind not in kinds(near_miss)


@pytest.mark.parametrize(
    "card",
    [
        pytest.param("4426 4665 8278 0038", id="Visa"),
        pytest.param("4395219092774000982", id="Visa of 19 digits"),
        pytest.param("2221 9505 6666 4798", id="Mastercard 2 series"),
        pytest.param("3753 222524 06546", id="American Express"),
        pytest.param("36045204490323", id="Diners"),
        pytest.param("6011840170934023", id="Discover"),
        pytest.param("3528310900892191", id="JCB"),
        pytest.param("6298507952576967", id="UnionPay"),
        pytest.param("5081750117501719", id="Maestro"),
        pytest.param("4426-4665-8278-0038", id="with hyphens"),
        pytest.param("4426.4665.8278.0038", id="with dots"),
        pytest.param("4426/4665/8278/0038", id="with slashes"),
        pytest.param("4426 4665 8278 0038 12/27", id="with its expiry behind it"),
        pytest.param("4426 4665\n8278 0038", id="over two lines"),
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "Please charge {} today.", "Order 12 is late. Take {} instead."])
def test_a_card_is_found_with_and_without_words(card: str, sentence: str) -> None:
    (label,) = _LABELLER.label([sentence.format(card)], None)

    assert Category.PCI in label.categories


def test_a_card_pasted_out_of_four_cells_is_found() -> None:
    assert ("card_number", "4426\t4665\t8278\t0038") in found("4426\t4665\t8278\t0038")


_NUMBER = "4426466582780038"
_NO_CARDS = (
    *(
        f"{words} {_NUMBER}"
        for words in (
            "Order number", "Your order no.", "Tracking number", "Shipment", "Parcel ID:", "Serial number", "Serial no.", "Part number",
            "SKU", "Ticket", "Reference:", "Invoice", "Invoice no.", "Rechnung Nr.", "Rechnungsnummer", "Bestellnummer", "Artikelnummer",
            "Sendungsnummer", "Seriennummer", "Auftragsnummer", "Zählernummer", "Vertragsnummer", "Numéro de commande", "Numéro de suivi",
            "Numéro de série", "Facture", "Número de pedido", "Número de seguimiento", "Factura", "Número de serie", "Meter ID",
            "Transaction id", "Batch", "Lot", "Barcode", "GTIN", "EAN", "UPC", "IMSI", "ICCID", "SIM card", "Library card", "Gift card",
            "Membership card", "Loyalty card", "Policy number", "Contract no.", "Voucher", "Coupon", "Case", "Asset tag", "Device id",
            "Session id", "Build", "Checksum", "Container", "Waybill", "Licence", "Model", "Message id", "Timestamp", "Catalogue no. and product",
        )
    ),
    "IMEI 357225640266492", "ISBN 978-3-16-148410-0", "ISBN 9783161484100", "timestamp 1700000000000", "epoch 1718031600000",
    "Total: 1,234,567,890.12", "invoice total 4242.42 of 4242.42", "pi is 3.14159265358979", "2.718281828459045 is e", "123",
    "Room 123 and gate 456", "expires 09/27", "due 12/25", "sprint 09/24 to 10/24", "AB12 3456 7890 1234 5678 90", "DE00 1234 5678 9012 3456 78",
    "GB29-PART-0001-2233-4455", "9999 9999 9999 9999", "1234 5678 9012 3456", "0000000000000000", "coordinates 52.520008, 13.404954",
    "2024-01-15 10:22:33.123456", "192.168.100.200", "+447700208815", "sha 4426466582780038aa", "12345678901234567890123456789012345678901",
)  # fmt: skip


def test_near_misses_of_cards_and_accounts_stay_clean() -> None:
    """R2: at most one in ten; the labeller's own aim is none."""
    wrong = []
    for text in _NO_CARDS:
        (label,) = _LABELLER.label([text], None)
        if Category.PCI in label.categories:
            wrong.append(text)

    assert len(_NO_CARDS) >= 60
    assert wrong == []
