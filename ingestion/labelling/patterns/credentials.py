"""Credentials (TRADE_SECRET): providers' own formats, keys, connection strings, and assigned secrets."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

import re

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.labelling.patterns.providers import FORMATS
from ingestion.sensitivity import Category

_ASSIGNED_NAME = (
    r"(?:(?:pass?w(?:or)?d|passwd|passwrd|pasw(?:o?r)?d|passphrase|pwd|passwor[dt]|pass|secret|token|api[_\-]?key|apikey|access[_\-]?key|auth[_\-]?key|"
    r"private[_\-]?key|client[_\-]?secret|credentials?|encryption[_\-]?key|aes_?key|bearer|salt|nonce|pw|"
    r"kennwort|passwort|mot[ _]de[ _]passe|mdp|contrasena|clave)[a-z0-9_\-]{0,20})"
)
_PASSWORD = r"(?:passwords?|passwor[dt]e?|passwd|passphrase|pass ?code|pwd?|kennwort|mot de passe|mdp|contrasena|clave)"  # noqa: S105 - words for one
_PLACEHOLDER = (
    "changeme", "change_me", "example", "your", "xxxx", "****", "placeholder", "<", "${", "$(", "{{", "none", "null", "true", "false",
    "string", "undefined", "todo", "dummy", "getenv", "environ", "required", "secret", "password", "optional", "token", "enc(",
    "os.", "process.", "env.", "config.", "settings.", "self.", "this.", "request.", "var.", "secrets.", "vault:", "{cipher}",
    "redacted", "hidden", "insert", "replace", "fixme", "foobar", "not_set", "notset", "empty", "default", "file:", "ref+",
)  # fmt: skip
_ALWAYS = (
    "example",
    "<",
    "${",
    "{{",
    "xxxx",
    "****",
    "changeme",
    "placeholder",
    "your_",
    "your-",
    "enc(",
    "redacted",
    "%(",
    "$env:",
    "[vault",
    "dummy",
)
_SEALED = re.compile(r"A[gQ][A-D][A-Za-z0-9+/]{58,}={0,2}")
"""What sealed-secrets writes: a length of 512 or 256 bytes comes first. Only the cluster can open it."""
_REFERENCE = re.compile(
    r"&?\$?[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:\(.*)?|\$\w+|%\w+%|@\w+@|[A-Z]+(?:_[A-Z]+)+|0x[0-9a-fA-F]+|value"
)
_DIGEST = re.compile(
    r"(?:sha\d+[:\-])?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"v?\d+(?:[.:]\d+)+\w*|\d{1,4}[\-./]\w{2,9}[\-./]\d{1,4}|[\w.\-]+\.[a-z]{2,5}|[A-Z]{2,5}-?\d{1,4}"
)
_COLUMNS = re.compile(r"[A-Za-z0-9+/]{20,}")
_SEQUENCES = ("0123456789", "1234567890", "abcdefghij", "ABCDEFGHIJ")


def _issued(value: str) -> bool:
    """Whether a value in a provider's format is no sample: not said to be one, and more than a few characters over and over."""
    lowered = value.lower()
    said = any(
        part in lowered for part in ("example", "xxxxx", "your_", "your-", "placeholder", "redacted", "00000000000000")
    )
    return not said and len(set(value)) > 8 and any(map(str.isdigit, value) if len(value) > 24 else (True,))  # noqa: PLR2004 - "aaaa…" and words hide nothing


def _assigned(value: str) -> bool:
    """Whether an assigned value can be a real secret rather than a placeholder, a reference or an expression."""
    lowered = value.lower()
    return (
        _quoted(value)
        and not any(lowered.startswith(part) or lowered.endswith(part) for part in _PLACEHOLDER)
        and not lowered.isalpha()
    )


def _quoted(value: str) -> bool:
    lowered = value.lower()
    return (
        not any(part in lowered for part in _ALWAYS)
        and len(set(value)) > 3  # noqa: PLR2004 - aaaa and **** hide nothing
        and not _SEALED.match(value)
        and not _REFERENCE.fullmatch(value)
    )


def _keyed(value: str) -> bool:
    """Whether the value of something called a key, and not a password, is random enough to be one and no digest."""
    return (
        proofs.random_looking(value)
        and any(map(str.isdigit, value))
        and proofs.bits(value) > 3.2  # noqa: PLR2004 - words written together stay below
        and _assigned(value)
        and not _DIGEST.fullmatch(value)
        and not any(part in value for part in _SEQUENCES)
    )


def _mixed(value: str) -> bool:
    """Whether a value in a sentence is no word of it: it holds digits or signs inside."""
    return any(map(str.isdigit, value)) or any(not part.isalnum() for part in value[:-1].strip("-'_/"))


def _chosen(value: str) -> bool:
    """Whether a value that stands where a password would is one that people choose: letters, digits, no date or path."""
    return (
        _assigned(value)
        and any(map(str.isalpha, value))
        and any(map(str.isdigit, value))
        and len(set(value)) > 5  # noqa: PLR2004 - aa11aa hides nothing
        and not _VERSION.fullmatch(value)
    )


def _login(value: str) -> bool:
    """Whether what follows a login's name is a password and no page of it: three kinds of characters, eight of them."""
    kinds = (str.isupper, str.islower, str.isdigit, lambda part: not part.isalnum())
    return len(value) >= 8 and _chosen(value) and sum(any(map(kind, value)) for kind in kinds) >= 3  # noqa: PLR2004


def _column(value: str) -> bool:
    """Whether a run of base64 is random and mixed enough to be a line of a key."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(map(kind, value)) for kind in kinds) and proofs.bits(value) > 4.5  # noqa: PLR2004 - random base64 is near 5.3


def _between_columns(before: str, after: str) -> bool:
    """Whether lines of the same kind stand above and below, as keys are printed in 64 columns."""
    above, below = _COLUMNS.findall(before), _COLUMNS.findall(after)
    return bool(above and below) and "\n" in before and "\n" in after and all(map(_varied, (above[-1], below[0])))


def _varied(run: str) -> bool:
    return any(map(str.isupper, run)) and any(map(str.islower, run)) and not run.isalpha()


def _secret(kind: str, shape: str, **rest: object) -> Pattern:
    return Pattern(kind=kind, category=Category.TRADE_SECRET, shape=shape, **rest)  # type: ignore[arg-type] # forwarded


CREDENTIALS = (
    *(_secret(kind, rf"(?:^|[^A-Za-z0-9_\-])({shape})", valid=_issued, confidence=0.95) for kind, shape in FORMATS),
    _secret("json_web_token", r"\b(eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-=]{10,}(?:\.[A-Za-z0-9_\-=]*)?)"),
    _secret("private_key", r"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)", confidence=0.99),
    _secret("private_key", r"(PuTTY-User-Key-File-\d)", confidence=0.99),
    _secret(
        "key_material",
        r"(?:^|[^A-Za-z0-9+/])([A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{60})(?:[^A-Za-z0-9+/=]|$)",
        valid=_column,
        context=_between_columns,
    ),
    _secret(
        "connection_string",
        r"\b([a-z][a-z0-9+.\-]{1,30}://[^\s:/@'\"<>]{0,80}:[^\s:/@'\"<>${]{3,200}@[A-Za-z0-9\[])",
        confidence=0.95,
    ),
    _secret(
        "connection_string",
        r"(?i)\b((?:server|data source|host|user id|uid)=[^;\n]{1,80};(?:[^;\n]{1,80};){0,8} ?(?:password|pwd)=[^;\n]{3,80})",
    ),
    _secret(
        "authorization_header",
        r"(?i)\b(?:basic|bearer|digest|token)[ :]{1,3}([A-Za-z0-9+/_\-.=~]{16,})",
        valid=lambda value: proofs.random_looking(value) and _quoted(value),
    ),
    _secret(
        "assigned_secret",
        rf"(?i){_ASSIGNED_NAME}['\"`]?\]?(?: ?: ?[a-z]{{3,8}})? ?(?:=>|:=|==|!=|=|:|,|<-) ?(?:\\\n *)?\(?(?:[brfu]{{1,2}}|&?\")?['\"`]([^'\"`\n]{{4,200}})['\"`]",
        valid=_quoted,
    ),
    _secret(
        "assigned_secret",
        rf"(?i){_ASSIGNED_NAME}['\"]? ?(?:=>|:=|==|=|: ) ?([^\s'\"`,;(){{}}\[\]<>]{{6,200}})",
        valid=_assigned,
        confidence=0.85,
    ),
    _secret(
        "assigned_secret",
        r"(?i)\b(?:password|passwort|kennwort|mot de passe|contrasena|passphrase)(?: (?:is|ist|est|es|lautet|for [a-z ]{1,30} is))?"
        r"[ :]{1,3}(?:\"|')?([^\s'\"]{6,64})",
        valid=lambda value: proofs.random_looking(value) and any(map(str.isdigit, value)) and _assigned(value),
        confidence=0.8,
    ),
    _secret(
        "assigned_secret",
        r"(?i)(?:^|\s)(?:-p|--password|--token|-u [a-z0-9_]{1,30}:)[ =]?([^\s'\"<>$-][^\s'\"<>$]{5,64})",
        valid=proofs.random_looking,
    ),
    _secret(
        "assigned_key",
        r"(?i)(?:key|auth|sig|signature|hash|srt|cert|seed|cookie|session|certificate|access)[a-z0-9_\-]{0,15}['\"]? ?"
        r"(?:=>|:=|=|:) ?[\"'`]?([A-Za-z0-9+/_\-.~$=]{20,512})",
        valid=_keyed,
        confidence=0.7,
    ),
    _secret(
        "assigned_secret",
        rf"(?im)(?:^|[\t|;])[ *#\-]{{0,4}}(?:[a-z0-9\-]{{1,20}} ){{0,2}}{_PASSWORD}[ \t]{{0,3}}(?::\*{{0,2}}|\t|\||->|=>|- |\x7f|$)"
        r"[ \t|]{0,3}(?:\r?\n[ \t]{0,3}){0,2}([^\s'\"|;<>]{6,64})[ \t|]*$",
        valid=_chosen,
        confidence=0.8,
    ),
    _secret(
        "assigned_secret",
        rf"(?i)(?:^|\s)['\"]?([^\s'\"<>]{{6,64}})['\"]? (?:as|als|comme|como) (?:(?:the|your|my|an?|das|ihr|le|la|su) )?(?:[a-z]{{2,10}} )?{_PASSWORD}\b",
        valid=_chosen,
        unless=words(r"hash\w*|polic\w+|algorithm\w*|manager|encryption|protocol|verfahren|richtlinie|storage"),
        confidence=0.8,
    ),
    _secret(
        "assigned_secret",
        r"(?i)\b(?:admin|root|administrator|superuser|postgres|sysadmin) ?[:/|] ?([a-z0-9!@#$%&*?_+\-]{8,40})(?:[\s.,;)]|$)",
        valid=_login,
        confidence=0.8,
    ),
    _secret(
        "signed_url",
        r"(?i)[?&](?:X-Amz-(?:Signature|Credential)|sig|signature|X-Goog-Signature|access_token|api_key|token)=([A-Za-z0-9%+/_\-.]{16,})",
    ),
    _secret(
        "assigned_secret",
        r"(?i)\b(?:my ?|the )?(?:pass(?:word|wort|phrase|code)?|secret|kennwort|contrasena|clave|mot de passe|mdp|pwd?|wifi key|wlan-?schlussel|pin code)(?: (?:is|ist|est|es|lautet))[ :]{1,2}['\"]?([^\s'\"]{6,64})",
        valid=lambda value: _assigned(value) and _mixed(value),
        confidence=0.8,
    ),
    _secret(
        "assigned_secret",
        r"(?i)<(?:[a-z]+:)?(?:password|passwd|pwd|secret|token|api-?key)(?:\s[^<>]{0,120})?>\s*([^<>\s]{5,200})\s*</",
        valid=_quoted,
    ),
    _secret(
        "assigned_secret", r"(?i)(?:^|\s)-u ?['\"]?[a-z0-9_.\-]{1,30}:([^\s'\"<>$:{]{4,64})['\"]?\s", valid=_assigned
    ),
    _secret(
        "assigned_secret",
        r"(?i)securestring[^\n\"']{0,40}[ \\]\\?[\"']?([^\s\"'\\$]{8,64})",
        valid=lambda value: _assigned(value) and _mixed(value),
    ),
    _secret("assigned_secret", r"(?i)\bidentified (?:with \w+ )?by ['\"]?([^\s'\";]{5,64})", valid=_assigned),
    _secret("assigned_secret", r"(?i)_BEARER,\s*\"([A-Za-z0-9+/=_\-.]{20,})\"", valid=proofs.random_looking),
    _secret(
        "assigned_secret",
        r"(?i)(?:name|key)\"? ?[:=] ?\"?(?:[a-z_]*password|[a-z_]*secret|[a-z_]*token|api_?key)\"?,?\s{1,12}\"?value\"? ?[:=] ?[\"']?([^\s\"',}]{6,200})",
        valid=_quoted,
    ),
    _secret("private_key", r"\"(?:d|k|p|q|dp|dq|qi)\" ?: ?\"([A-Za-z0-9_\-]{20,})\"", valid=proofs.random_looking),
    _secret(
        "key_bytes",
        r"(?i)(?:key|secret|password|token)[a-z0-9_]{0,12}(?:\[\d*\])? ?(?:=|\()? ?(?:\(byte\[\]\))?(?: new byte\[\])? ?[{(\[]\s*(?:/\*[^*\n]{0,60}\*/|//[^\n]{0,80}\n\s*){0,3}\[?((?:(?:0x[0-9a-f]{1,2}|\d{1,3}), ?\s?){7,64})",
    ),
)
