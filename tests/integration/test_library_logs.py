"""Real libraries at their most talkative, given words to say, say none of them (R54).

One process configures logging as the programs do, then turns every logger up to DEBUG and lets each library do what it
would log: statements and parameters, addresses and headers, request bodies, task arguments, failing requests.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.standin import StandIn
from tests.standin.faults import Fault

CANARY = "Zanzibarquartz"
_START = """
import logging, os, sys
os.environ["ANTHROPIC_LOG"] = "debug"
from service import telemetry
import {library}
telemetry.configure()
word, url = sys.argv[1:]
def loud():
    logging.getLogger().setLevel(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
    for name in ("alembic", "anthropic", "httpcore", "httpcore2", "httpx", "httpx2", "sqlalchemy", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.DEBUG)
loud()
"""
_LIBRARIES = {
    "sqlalchemy": """
engine = sqlalchemy.create_engine("sqlite://", echo="debug")
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("create table said (word text unique)"))
    connection.execute(sqlalchemy.text("insert into said values (:word)"), {"word": word})
    print(connection.execute(sqlalchemy.text("select word from said")).all())
    try:
        connection.execute(sqlalchemy.text("insert into said values (:word)"), {"word": word})
    except sqlalchemy.exc.IntegrityError:
        logging.getLogger("sqlalchemy").exception("failed: %s", word)
""",
    "httpx": """
httpx.post(url + "/" + word, params={"q": word}, headers={"x-word": word}, content=word)
""",
    "httpcore": """
import httpcore
httpcore.request("POST", url + "/" + word, content=word.encode())
""",
    "httpx2": """
httpx2.post(url + "/" + word, params={"q": word}, headers={"x-word": word}, content=word)
""",
    "anthropic": """
client = anthropic.Anthropic(api_key=word, base_url=url, max_retries=1)
try:
    client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": word}])
except anthropic.AnthropicError:
    logging.getLogger("anthropic").exception(word)
""",
    "celery": """
app = celery.Celery("test", broker="memory://", set_as_current=False)
def fail(said):
    raise ValueError(said)
app.task(name="fail")(fail).apply(args=(word,), kwargs={}, task_id=word)
""",
    "uvicorn": """
import asyncio, httpx
async def fails(scope, receive, send):
    if scope["type"] == "http":
        raise ValueError(word)
server = uvicorn.Server(uvicorn.Config(fails, port=0, lifespan="off", log_level="trace"))
async def ask():
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{port}/{word}")
    server.should_exit = True
    await serving
asyncio.run(ask())
""",
    "litestar": """
from litestar.testing import TestClient
@litestar.post("/", sync_to_thread=False)
def fails(data: dict[str, str]) -> None:
    raise ValueError(data["said"])
with TestClient(litestar.Litestar([fails], debug=True), raise_server_exceptions=False) as client:
    client.post("/", json={"said": word})
    client.post("/", content='{"said": ' + word)
    client.post("/", content=word, headers={"content-type": "multipart/form-data; boundary=x"})
""",
    "alembic": """
import sqlalchemy, alembic.migration
engine = sqlalchemy.create_engine("sqlite://")
with engine.begin() as connection:
    context = alembic.migration.MigrationContext.configure(connection, opts={"as_sql": False})
    logging.getLogger("alembic.runtime.migration").info(f"Running upgrade to {word}")
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("library", _LIBRARIES)
def test_a_library_says_nothing_that_it_was_given(library: str) -> None:
    with StandIn() as somewhere:
        somewhere.fault = Fault.BROKEN
        ran = subprocess.run(
            [sys.executable, "-c", _START.replace("{library}", library) + _LIBRARIES[library], CANARY, somewhere.url],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    lines: list[dict[str, Any]] = [json.loads(line) for line in ran.stderr.splitlines()]
    assert ran.returncode == 0, lines[-1:]
    assert CANARY.lower() not in (ran.stderr + ran.stdout).lower()
    speakers = {str(line.get("logger", line.get("where"))) for line in lines}
    assert any(speaker.startswith((library, "logging/")) for speaker in speakers), "it or its handler spoke"
