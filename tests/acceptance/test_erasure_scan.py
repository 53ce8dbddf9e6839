"""After an erasure no byte of any store can be read as what was erased: every file is looked through (R41, R47).

A word is planted wherever a person or a model can put one: file name, title, external id, group, text, question,
answer, follow-up, review note, release note, a file that cannot be parsed. The stack runs with a local model that says
its word, once on Valkey and once on RabbitMQ. Searched are PostgreSQL's folder with its write-ahead log, the key store,
the index (its compressed pages too), the vault, the broker's folder, all logs, PostgreSQL's too, the run folder,
temporary files: plain, and in other encodings.

That the search sees is shown in two ways. A control word in every store is found. And every sealed value is cut out of
the very bytes of the files, and opened with its key: there the word is, so what protects it is the key alone. After the
erasure the wrapped keys are in no file, and no key that is left opens any of those bytes.

What cannot be scanned, and what covers it:
- PostgreSQL keeps old versions of rows, and its log, until it reuses the space: ciphertext, under keys that are gone.
- Backups, snapshots and replicas: the same ciphertext. Backups of the key store are kept apart and expire.
- A Qdrant server: it holds no text, only vectors and ids; points are deleted and its collection is asked again. When it
  rewrites its segments is its own affair. The embedded index is scanned here.
- Physical disks, and swap: sealed text and wrapped keys only reach the disk; what plaintext passes lives in memory, and
  documents are parsed from nameless files in memory. The memory of running processes is not scanned.
- Names of groups are rules of access, not a document's: SQL and the index hold them in the clear. The index forgets
  them with the document; PostgreSQL keeps them in refusals, API keys and old versions of rows, the ledger in its lines.
"""

from collections.abc import Iterator

import pytest

from service.errors import DamagedError
from tests.acceptance.erased import SEALED, WORDS, Proof, control_planted, erased, planted
from tests.acceptance.stack import Stack
from tests.servers.openai import NAME, PlayedVllm
from tests.servers.rabbitmq import RabbitServer, rabbitmq
from tests.servers.scripted import scripted
from tests.sinks import canaries, control, found_in

__all__ = ["rabbitmq"]

TENANT = "acme"
AFTER = ("after", "after everything has ended")
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module", params=["valkey", "rabbitmq"])
def proof(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    """Plant, look, erase everything, look again."""
    path = tmp_path_factory.mktemp("erased")
    words = canaries(*WORDS)
    other: RabbitServer | None = request.getfixturevalue("rabbitmq") if request.param == "rabbitmq" else None
    (path / "temporary").mkdir()
    settings = {"RINGFENCE_BROKER_URL": other.url} if other else {}
    with scripted(PlayedVllm(said=f"Her dose was raised, says {words['answer']} [1].")) as model:
        settings |= {"RINGFENCE_LOCAL_MODEL_URL": f"{model.url}/v1", "RINGFENCE_LOCAL_MODEL": NAME}
        stack = Stack(path / "data", **settings, TMPDIR=str(path / "temporary"))
        stack.command("init")
        stack.start()
        try:
            stack.command("tenants", "add", TENANT)
            made = Proof(stack=stack, broker=other.folder if other else stack.folder.valkey, words=words)
            control_planted(made, other)
            documents = planted(made)
            erased(made, documents)
            yield made
        finally:
            stack.stop()


def test_every_word_was_in_the_files_under_its_key(proof: Proof) -> None:
    """What the search finds is the sealed word itself, so a search that finds nothing means something."""
    assert proof.opened == SEALED


def test_no_word_can_be_read_even_before_the_erasure(proof: Proof) -> None:
    assert proof.readable["before"].keys() == {"group"}


@pytest.mark.parametrize("when", AFTER)
def test_no_word_can_be_read_after_the_erasure(proof: Proof, when: str) -> None:
    left = {word: paths for word, paths in proof.readable[when].items() if word != "group"}
    assert left == {}


@pytest.mark.parametrize("when", AFTER)
def test_the_name_of_a_group_is_left_in_the_database_and_the_ledger_at_most(proof: Proof, when: str) -> None:
    """Both remember which groups could see what must not be taken in again."""
    known = (proof.stack.folder.postgres, proof.stack.folder.path / "ledger")
    found = proof.readable[when].get("group", ())
    assert [path for path in found if not any(path.is_relative_to(folder) for folder in known)] == []


@pytest.mark.parametrize("when", AFTER)
def test_no_key_is_left_wrapped_or_bare(proof: Proof, when: str) -> None:
    found = proof.places["before"]
    assert all(found[name] for name in proof.wrapped), "the wrapped keys must be seen while they exist"
    secrets = [name for name in found if name.startswith("secret")]
    assert {name: paths for name in (*proof.wrapped, *secrets) if (paths := proof.places[when][name])} == {}


def test_no_key_that_is_left_opens_anything_that_was_sealed(proof: Proof) -> None:
    for value in proof.values:
        for key in proof.left:
            with pytest.raises(DamagedError):
                key.open(value.sealed, place=value.place)


@pytest.mark.parametrize("when", AFTER)
def test_ciphertext_is_left_in_the_database_alone(proof: Proof, when: str) -> None:
    """Where old versions of rows and the log keep it until the space is used again; no vault, no index, no broker."""
    database = proof.stack.folder.postgres
    for number, value in enumerate(proof.values):
        places = proof.places[when][f"{value.word} {number}"]
        assert [path for path in places if not path.is_relative_to(database)] == []


@pytest.mark.parametrize("when", AFTER)
def test_the_index_holds_no_byte_of_its_points(proof: Proof, when: str) -> None:
    assert all(proof.places["before"][name] for name in proof.points), "the points must be seen while they exist"
    assert {name: paths for name in proof.points if (paths := proof.places[when][name])} == {}


def test_the_search_sees_a_word_in_every_store(proof: Proof) -> None:
    folder = proof.stack.folder
    stores = (folder.postgres, proof.broker, folder.edge, folder.logs, folder.run, folder.vault, folder.keys)
    found = {leak.path for leak in found_in(proof.folders(), control())}
    assert [store for store in stores if not any(path.is_relative_to(store) for path in found)] == []
