"""Every command of the README is run: here, or by `.ci/run`."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
STARTED_BY_THE_FIXTURE = {"ringfence init", "ringfence up &"}


def test_the_readme_has_commands() -> None:
    assert set(COMMANDS) > STARTED_BY_THE_FIXTURE


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("make ")])
def test_make_targets_of_the_readme_are_run_by_ci(command: str) -> None:
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_commands_of_the_readme_work_in_their_order(stack: Stack) -> None:
    for command in COMMANDS:
        if command.startswith("make ") or command in STARTED_BY_THE_FIXTURE:
            continue
        words = shlex.split(command)
        assert words[0] == "ringfence", f"unknown command in the README: {command}"
        assert stack.command(*words[1:]).strip(), f"{command} printed nothing"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`make ([a-z-]+)", README))))
def test_every_make_target_that_is_named_exists(name: str) -> None:
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_entry_point_tells_its_commands() -> None:
    program = Path(sys.executable).with_name("ringfence")
    told = subprocess.run([program, "--help"], check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    commands = (
        "init up worker ingest ask search documents delete jobs status labels tenants keys label evaluate "
        "providers policy"
    )
    for name in commands.split():
        assert name in told.stdout


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
