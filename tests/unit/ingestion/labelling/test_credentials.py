"""Credentials are found in every form in which they are written, and what only stands for one is none (R1, R2)."""

# ruff: noqa: E501 - a table is read by its rows

import pytest

from ingestion.labelling import RingfenceLabeller

_LABELLER = RingfenceLabeller.shipped()
_RANDOM = "q7Zk3Rt9Xb2Lw8Vn5Mc1Hd6Js4Pf0Yg"
_LINE = f"{_RANDOM}A1{_RANDOM}"
_HEX = "9f3a1c7be04d52868b1e6f0a2d93c574"


def credentials_in(text: str) -> list[str]:
    (label,) = _LABELLER.label([text], None)
    return [text[found.start : found.end] for found in label.findings if found.detector == "credentials"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("AKIA" + "Q3EGRT7UVW2XYZ45", id="AWS"),
        pytest.param("ghp_" + _RANDOM + "Ab12Cd", id="GitHub"),
        pytest.param("glpat-" + _RANDOM[:20], id="GitLab"),
        pytest.param("xoxb-" + "123456789012-" + _RANDOM, id="Slack"),
        pytest.param("sk_live_" + _RANDOM, id="Stripe"),
        pytest.param("AIza" + "SyA" + _RANDOM + "a", id="Google"),
        pytest.param("sk-ant-api03-" + _RANDOM + _RANDOM, id="a model provider"),
        pytest.param("hf_" + _RANDOM + "QwEr", id="Hugging Face"),
        pytest.param("npm_" + _RANDOM + "QwErTy"[:5], id="npm"),
        pytest.param("SG." + _RANDOM[:22] + "." + _RANDOM + "AbCdEfGhIjK", id="SendGrid"),
        pytest.param("dop_v1_" + _HEX + _HEX, id="DigitalOcean"),
        pytest.param("shpat_" + _HEX, id="Shopify"),
        pytest.param("dapi" + _HEX, id="Databricks"),
        pytest.param("https://hooks.slack.com/services/" + "T0AB1CD2E/B0AB1CD2E/" + _RANDOM[:24], id="webhook"),
        pytest.param("LTAI" + _RANDOM[:20], id="Alibaba"),
        pytest.param("sbp_" + _HEX + _HEX[:8], id="Supabase"),
        pytest.param("xai-" + _RANDOM + _RANDOM, id="xAI"),
        pytest.param("AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"[:58], id="age"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + _RANDOM, id="JWT"),
        pytest.param("-----BEGIN " + "OPENSSH PRIVATE KEY-----", id="private key"),
        pytest.param("PuTTY-User-Key-File-" + "3: ssh-ed25519", id="PuTTY key"),
        pytest.param("postgres://app:" + "s3cr3tPw9@db.internal:5432/prod", id="connection string"),
        pytest.param("https://deploy:" + "t0k3nValue7@git.example.org/x.git", id="URL with credentials"),
        pytest.param("Server=db1;Database=x;User Id=sa;Password=" + "Tr0ub4dor&3;", id="ADO connection string"),
        pytest.param("DB_PASSWORD=" + "Tr0ub4dor&3x", id=".env"),
        pytest.param("export API_TOKEN='" + _RANDOM + "'", id="shell"),
        pytest.param("password: " + "Tr0ub4dor&3x", id="YAML"),
        pytest.param('{"client_secret": "' + _RANDOM + '"}', id="JSON"),
        pytest.param('{"name": "DB_PASSWORD", "value": "' + 'Tr0ub4dor3x"}', id="JSON name and value"),
        pytest.param("<password>" + "Tr0ub4dor3x</password>", id="XML"),
        pytest.param("curl -u admin:" + "Tr0ub4dor3x https://x.example", id="curl"),
        pytest.param("Authorization: Bearer " + _RANDOM, id="header"),
        pytest.param("mysql -u root --password " + "Sne3sd8AZjq", id="command line"),
        pytest.param("CREATE USER app IDENTIFIED BY '" + "SqLpa5sW0rD'", id="SQL"),
        pytest.param("the password is " + "hunter2-Xy9", id="a sentence"),
        pytest.param("das Passwort lautet " + "Sommer2024!", id="a German sentence"),
        pytest.param("le mot de passe est " + "Bonjour2024!", id="a French sentence"),
        pytest.param("la contraseña es " + "Verano2024!", id="a Spanish sentence"),
        pytest.param("la clave es " + "Verano2024x", id="another Spanish sentence"),
        pytest.param("le mdp est " + "Bonjour2024x", id="an abbreviation"),
        pytest.param("Password\n" + "Hunter22x", id="on the next line"),
        pytest.param("WLAN Passwort:\n\n" + "Hunter22x", id="two lines below"),
        pytest.param("Username\tadmin\nPassword\t" + "Hunter22x", id="a table with its names at the left"),
        pytest.param("| Password | " + "Hunter22x |", id="a table between bars"),
        pytest.param("password - " + "Hunter22x", id="after a dash"),
        pytest.param("password \u2192 " + "Hunter22x", id="after an arrow"),
        pytest.param("use " + "Hunter22x as the password", id="before the word"),
        pytest.param("nimm " + "Sommer2024! als WLAN Passwort", id="before the German word"),
        pytest.param("log in as admin / " + "Winter2024!", id="login and password"),
        pytest.param("admin:" + "Winter2024!", id="login, colon, password"),
        pytest.param("p4ssw0rd: " + "Tr0ub4dor3x", id="leetspeak"),
        pytest.param("https://b.s3.amazonaws.com/x?X-Amz-Signature=" + _HEX + _HEX, id="signed URL"),
        pytest.param(
            "\n".join(f"#6 0.2 {line}" for line in (_LINE, _LINE[1:] + "a", _LINE[2:] + "bc")), id="lines of a key"
        ),
        pytest.param('{"kty": "oct", "k": "' + _RANDOM + '"}', id="JSON web key"),
    ],
)
def test_a_credential_is_found(text: str) -> None:
    assert credentials_in(f"see below\n{text}\nthank you")


@pytest.mark.parametrize(
    "text",
    [
        "password = <your password>", "password: changeme", "API_KEY=${API_KEY}", "api_key = os.environ['API_KEY']",
        "token = getenv('TOKEN')", "password = process.env.DB_PASSWORD", "secret: {{ vault.secret }}", "password=********",
        "PASSWORD=xxxxxxxx", "token: null", "api_key = 'YOUR_API_KEY_HERE'", "password = config.database.password",
        "AWS key AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "commit 3f2a9c1be04d52868b1e6f0a2d93c57412345678", f"md5 {_HEX}", f"sha256:{_HEX}{_HEX}", f"ETag: {_HEX}",
        "id 550e8400-e29b-41d4-a716-446655440000", "key=550e8400-e29b-41d4-a716-446655440000",
        "The password must have eight characters.", "Reset your password in the portal.", "Never share a token with anyone.",
        "Der Schlüssel liegt am Empfang.", "The secret is out: we have a cafeteria.", "password: string", "token: str = Field()",
        '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk">',
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 user@host", "-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----",
        "password = ENC(2dfRFqV/cS6TzRd+JyO=)", "PASSWORD 0x0dead1beef7cafe2", "def check_password(password): return True",
        "The integrity is sha512-abcdefghijklmnopqrstuvwxyz", "version = 1.2.3-beta.4+build.567", "https://user@git.example.org/x.git",
        "postgres://app:${DB_PASSWORD}@db/prod", "passwords = list(map(str, values))", "key = lambda row: row.name", f"one line {_LINE} of base64",
    ],
)  # fmt: skip
def test_what_only_stands_for_a_credential_is_none(text: str) -> None:
    """R2."""
    assert credentials_in(f"see below\n{text}\nthank you") == []
