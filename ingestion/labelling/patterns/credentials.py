"""Credentials (TRADE_SECRET): providers' own formats, keys, connection strings, and assigned secrets."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern
from ingestion.sensitivity import Category

_ASSIGNED_NAME = (
    r"(?:(?:passw(?:or)?d|passwd|passphrase|pwd|passwor[dt]|pass|secret|token|api[_\-]?key|apikey|"
    r"access[_\-]?key|auth[_\-]?key|private[_\-]?key|client[_\-]?secret|credentials?|encryption[_\-]?key|salt|nonce|pw|"
    r"kennwort|passwort|mot de passe|contrasena|clave)[a-z0-9_\-]{0,20})"
)
_PLACEHOLDER = (
    "changeme", "example", "your", "xxxx", "****", "placeholder", "<", "${", "$(", "{{", "none", "null", "true", "false",
    "string", "undefined", "todo", "dummy", "getenv", "environ", "required", "secret", "password", "optional", "token",
)  # fmt: skip
_FORMATS = (
    ("aws_access_key", r"(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    ("github_token", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("gitlab_token", r"gl(?:pat|rt|ptt|dt|cbt|oas|soat|ft|imt|agent)-[A-Za-z0-9_\-]{20,}"),
    ("slack_token", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9\-]{10,}"),
    ("slack_webhook", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{30,}"),
    ("discord_token", r"[MNO][A-Za-z\d_\-]{23,27}\.[A-Za-z\d_\-]{6}\.[A-Za-z\d_\-]{27,}"),
    ("stripe_key", r"[rsp]k_(?:live|test|prod)_[A-Za-z0-9]{10,}"),
    ("square_token", r"(?:sq0[a-z]{3}-[A-Za-z0-9_\-]{22,}|EAAA[A-Za-z0-9_\-]{60})"),
    ("google_api_key", r"AIza[A-Za-z0-9_\-]{35}"),
    ("google_oauth", r"(?:ya29\.[A-Za-z0-9_\-]{20,}|GOCSPX-[A-Za-z0-9_\-]{20,}|\d{10,}-[a-z0-9]{32}\.apps\.googleusercontent)"),
    ("model_provider_key", r"sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_\-]{20,}"),
    ("hugging_face_token", r"hf_[A-Za-z0-9]{30,}"),
    ("npm_token", r"npm_[A-Za-z0-9]{36}"),
    ("pypi_token", r"pypi-AgEI[A-Za-z0-9_\-]{50,}"),
    ("sendgrid_key", r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    ("brevo_key", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("mail_key", r"(?:key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2})"),
    ("twilio_key", r"(?:SK|AC)[0-9a-f]{32}"),
    ("digitalocean_token", r"do[opr]_v1_[a-f0-9]{64}"),
    ("shopify_token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("databricks_token", r"dapi[a-f0-9]{32}"),
    ("atlassian_token", r"AT[AB][TBC][A-Za-z0-9_\-=]{24,}"),
    ("grafana_token", r"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/]{32,}|eyJrIjoi[A-Za-z0-9]{60,})"),
    ("vault_token", r"(?:hv[sbr]\.[A-Za-z0-9_\-]{20,}|s\.[A-Za-z0-9]{24})"),
    ("telegram_token", r"\d{8,10}:AA[A-Za-z0-9_\-]{33}"),
    ("facebook_token", r"EAA[A-Za-z0-9]{60,}"),
    ("linear_key", r"lin_api_[A-Za-z0-9]{40}"),
    ("azure_secret", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.\-]{31,34}"),
    ("azure_storage_key", r"AccountKey=[A-Za-z0-9+/]{40,}={0,2}"),
    ("age_key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("api_token", r"(?:cf[au]t|cfk|ops|dckr_pat|sntr[yu]s|nfp|rnd|pat|rubygems|tfp|duffel_(?:test|live)|secret|shippo_(?:live|test)|dp\.pt|dp\.st|figd|PMAK|nvapi|sl\.u?|pplx|gsk|r8|tvly|fio-u|EZ[AT]K|live|test|rpa|oy2|NRAK|NRII|AQV|access_token\$(?:production|sandbox)\$)[_.\-]?[A-Za-z0-9_\-$]{24,}"),
)  # fmt: skip


def _assigned(value: str) -> bool:
    """Whether an assigned value can be a real secret rather than a placeholder or an expression."""
    lowered = value.lower()
    return (
        not any(lowered.startswith(part) or lowered.endswith(part) for part in _PLACEHOLDER)
        and len(set(value)) > 3  # noqa: PLR2004 - aaaa and **** hide nothing
        and not lowered.isalpha()
    )


def _quoted(value: str) -> bool:
    lowered = value.lower()
    return not any(part in lowered for part in ("example", "<", "${", "{{", "xxxx", "****")) and len(set(value)) > 3  # noqa: PLR2004 - see above


def _secret(kind: str, shape: str, **rest: object) -> Pattern:
    return Pattern(kind=kind, category=Category.TRADE_SECRET, shape=shape, **rest)  # type: ignore[arg-type] # forwarded


CREDENTIALS = (
    *(
        _secret(kind, rf"(?:^|[^A-Za-z0-9_\-])({shape})", valid=proofs.random_looking, confidence=0.95)
        for kind, shape in _FORMATS
    ),
    _secret("json_web_token", r"\b(eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-=]{10,}(?:\.[A-Za-z0-9_\-=]*)?)"),
    _secret("private_key", r"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)", confidence=0.99),
    _secret("private_key", r"(PuTTY-User-Key-File-\d)", confidence=0.99),
    _secret(
        "key_material", r"((?:[^\n]{0,24}\b[A-Za-z0-9+/]{60,76}={0,2}[^\n]{0,8}\n){3})", valid=proofs.random_looking
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
        valid=proofs.random_looking,
    ),
    _secret(
        "assigned_secret",
        rf"(?i){_ASSIGNED_NAME}['\"`]?\]?(?: ?: ?[a-z]{{3,8}})? ?(?:=>|:=|==|!=|=|:|,) ?(?:[brfu]|&?\")?['\"`]([^'\"`\n]{{4,200}})['\"`]",
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
        valid=lambda value: proofs.random_looking(value) and any(map(str.isdigit, value)) and proofs.bits(value) > 3.2,  # noqa: PLR2004 - hex digests are 3.5
        confidence=0.7,
    ),
    _secret(
        "signed_url",
        r"(?i)[?&](?:X-Amz-(?:Signature|Credential)|sig|signature|X-Goog-Signature|access_token|api_key|token)=([A-Za-z0-9%+/_\-.]{16,})",
    ),
    _secret("wallet_key", r"\b((?:xprv|yprv|zprv)[a-km-zA-HJ-NP-Z1-9]{80,})\b"),
)
