"""National numbers of many countries are found by their check digits and the words around them (R1, R2)."""

# ruff: noqa: E501 - a table is read by its rows

import pytest

from ingestion.labelling import RingfenceLabeller

_LABELLER = RingfenceLabeller.shipped()

_NUMBERS = (
    # kind, words before it in the country's own language, a number that passes the country's check
    ("us_ssn", "SSN", "157-36-8193"),
    ("us_itin", "ITIN", "903-71-4262"),
    ("gb_nhs_number", "NHS number", "542 124 7201"),
    ("gb_tax_reference", "unique taxpayer reference", "2669857229"),
    ("gb_national_insurance", "National Insurance", "AB 12 34 56 C"),
    ("de_tax_id", "Steuer-ID", "39 892 641 909"),
    ("de_social_insurance", "Rentenversicherungsnummer", "12 150690 M 123"),
    ("de_identity_card", "Personalausweis", "L01X00T471"),
    ("fr_social_security", "numéro de sécurité sociale", "1 83 08 75 066 001 56"),
    ("fr_tax_id", "numéro fiscal", "0807508853081"),
    ("es_dni", "DNI", "32992401M"),
    ("es_nie", "NIE", "X5380891H"),
    ("it_fiscal_code", "codice fiscale", "RSSMRA78H16H501G"),
    ("nl_bsn", "burgerservicenummer", "790122017"),
    ("be_national_number", "rijksregisternummer", "54.03.28-196.22"),
    ("pt_nif", "contribuinte", "258450185"),
    ("pt_citizen_card", "cartão de cidadão", "48549979 6OZ9"),
    ("pl_pesel", "PESEL", "66040862952"),
    ("pl_tax_id", "NIP", "083-405-18-39"),
    ("se_personal_number", "personnummer", "590308-6204"),
    ("dk_cpr", "CPR-nummer", "160673-0208"),
    ("fi_personal_code", "henkilötunnus", "150990-0315"),
    ("no_birth_number", "fødselsnummer", "120565 26607"),
    ("is_kennitala", "kennitala", "180796-7030"),
    ("ie_pps", "PPS number", "3400807F"),
    ("ch_ahv", "AHV", "756.7740.2179.36"),
    ("at_social_security", "Sozialversicherungsnummer", "9148 090269"),
    ("gr_amka", "AMKA", "02068237417"),
    ("ro_cnp", "CNP", "1820712404888"),
    ("cz_birth_number", "rodné číslo", "770728/8710"),
    ("sk_birth_number", "rodné číslo", "830702/1360"),
    ("si_emso", "EMŠO", "0709975500925"),
    ("hr_oib", "OIB", "41686307214"),
    ("bg_egn", "EGN", "6806057765"),
    ("ee_personal_code", "isikukood", "39702095230"),
    ("lt_personal_code", "asmens kodas", "35908031925"),
    ("lv_personal_code", "personas kods", "150876-19297"),
    ("ua_tax_number", "RNTRC", "1540267076"),
    ("ru_tax_number", "INN", "956091239111"),
    ("in_aadhaar", "Aadhaar", "5328 2053 3121"),
    ("in_pan", "PAN", "KQDPA6726A"),
    ("pk_cnic", "CNIC", "34339-4959640-4"),
    ("cn_identity_card", "identity card", "110105198001023482"),
    ("kr_resident_number", "resident number", "911123-1373251"),
    ("th_identity_number", "national id", "1-4569-89849-12-1"),
    ("my_identity_card", "MyKad", "860509-10-3890"),
    ("il_identity_number", "teudat zehut", "415468396"),
    ("tr_identity_number", "TC kimlik", "15845830408"),
    ("za_identity_number", "identity number", "9305235843087"),
    ("mu_identity_card", "NIC", "A191280624422C"),
    ("hk_identity_card", "HKID", "A123456(3"),
    ("sg_identity_number", "NRIC", "S1234567D"),
    ("jp_my_number", "My Number", "1234 5678 9018"),
    ("ca_sin", "Social Insurance Number", "433 518 826"),
    ("au_tfn", "tax file number", "656 940 274"),
    ("nz_ird", "IRD", "40-565-116"),
    ("br_cpf", "CPF", "778.938.515-11"),
    ("mx_curp", "CURP", "KSTE790510HDFRRN09"),
    ("mx_rfc", "RFC", "TBVR560208625"),
    ("ar_cuit", "CUIT", "20-52324335-8"),
    ("cl_rut", "RUT", "27.622.133-7"),
    ("co_nit", "NIT", "187248462-4"),
    ("ec_identity_card", "cédula", "1716736051"),
    ("do_identity_card", "cédula", "743-4053283-2"),
    ("pe_identity_card", "DNI", "30120714-5"),
    ("ve_rif", "RIF", "V-86080936-9"),
)
_UNCHECKED = frozenset(
    ("gb_national_insurance", "de_social_insurance", "de_identity_card", "hk_identity_card", "sg_identity_number", "jp_my_number")
)  # fmt: skip


def found(text: str) -> set[tuple[str, str]]:
    """Return kind and text of every finding of the detectors."""
    (label,) = _LABELLER.label([text], None)
    return {(finding.kind, text[finding.start : finding.end]) for finding in label.findings}


@pytest.mark.parametrize(("kind", "words", "number"), _NUMBERS, ids=[kind for kind, _, _ in _NUMBERS])
def test_a_national_number_is_found_exactly_where_it_stands(kind: str, words: str, number: str) -> None:
    assert (kind, number) in found(f"{words}: {number}, as you asked.")


@pytest.mark.parametrize(
    ("kind", "number"),
    [pytest.param(kind, number, id=kind) for kind, _, number in _NUMBERS if kind not in _UNCHECKED | {"us_ssn"}],
)
def test_a_number_that_fails_its_countrys_check_is_none(kind: str, number: str) -> None:
    """The digit that is swapped for another one is the last: every check must notice that."""
    place = max(at for at, part in enumerate(number) if part.isdigit())
    broken = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]

    assert kind not in {name for name, _ in found(f"The article carries {broken} on its back.")}


@pytest.mark.parametrize(
    "number", ["790122017", "2669857229", "66040862952", "9305235843087", "415468396", "656940274", "956091239111"]
)
def test_a_number_of_plain_digits_needs_a_word_that_says_what_it_is(number: str) -> None:
    assert found(f"The batch {number} left the plant in spring.") == set()


def test_at_least_25_countries_are_covered() -> None:
    assert len({kind.partition("_")[0] for kind, _, _ in _NUMBERS}) >= 25
