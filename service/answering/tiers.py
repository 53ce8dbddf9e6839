"""A small local model first, a better one after where the first gave no supported answer (R18)."""

from collections.abc import Callable, Generator, Sequence

from service.answering.told import Told
from service.errors import LocalModelUnavailableError
from service.ports import LocalModel

Said = Generator[str, None, Told]
"""The pieces of one model's answer; at its end the answer with what it cites."""


class Restart(str):
    """Stands between the pieces of two models: what was shown so far is void. It has no text of its own."""

    __slots__ = ()


RESTART = Restart()


def answered(models: Sequence[LocalModel], ask: Callable[[LocalModel], Said]) -> Said:
    """Ask the models in order until one's answer is supported by a source; the last one's stands.

    All are local, so a prompt never goes up to the cloud from here. A weak answer stands where no better model
    is ready. Raises LocalModelUnavailableError where the last model fails.
    """
    *earlier, last = models
    for place, model in enumerate(earlier, start=1):
        begun = False
        pieces = ask(model)
        try:
            while True:
                piece = next(pieces)
                begun = True
                yield piece
        except StopIteration as end:
            told: Told = end.value
            if told.stands or not _any_ready(models[place:]):
                return told
        except LocalModelUnavailableError:
            if not _any_ready(models[place:]):
                raise
        finally:
            pieces.close()
        if begun:
            yield RESTART
    return (yield from ask(last))


def _any_ready(models: Sequence[LocalModel]) -> bool:
    return any(model.ready() for model in models)
