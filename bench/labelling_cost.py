"""What labelling costs beside embedding the same chunks, and how long a question waits for its label.

Chunks of full length are made from our evaluation rows; questions are their first sentences. Processor time of one
thread, after everything was loaded and every text was seen once.
"""

from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time

from ingestion.document import Document, Page
from ingestion.labelling.neighbourhood import passages_of
from ingestion.splitting import split
from service import bootstrap, settings, telemetry
from service.evaluation.rows import read
from service.labels import LabellerParts

_ROWS = Path("tests/evaluation/rows")
_QUESTION = 100


def main() -> None:
    """Print both."""
    telemetry.warnings_only()
    parts = bootstrap.labeller_parts(settings.load())
    texts = [row.text for file in read([_ROWS]) for row in file.rows]
    _chunks("\n\n".join(texts), parts)
    _questions([text.partition(".")[0][:_QUESTION] for text in texts], parts)


def _chunks(text: str, parts: LabellerParts) -> None:
    document = Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")
    chunks = split(document, parts.tokenizer)
    began = process_time()
    vectors = parts.embedder.embed([chunk.text for chunk in chunks])
    embedding = process_time() - began
    passages = passages_of(chunks, title=None, file_name=None)
    parts.labeller.label_passages(passages, vectors)
    began = process_time()
    parts.labeller.label_passages(passages, vectors)
    labelling = process_time() - began
    each, tokens = 1000 / len(chunks), sum(chunk.tokens for chunk in chunks) / len(chunks)
    print(f"{len(chunks)} chunks of {tokens:.0f} tokens, neighbours read too:")
    print(f"labelling {labelling * each:.2f} ms, embedding {embedding * each:.2f} ms: {labelling / embedding:.3f}")


def _questions(questions: list[str], parts: LabellerParts) -> None:
    vectors = parts.embedder.embed(questions)
    waited = []
    for turn in range(2):
        for place, question in enumerate(questions):
            began = perf_counter()
            parts.labeller.label([question], vectors[place : place + 1])
            if turn:
                waited.append(1000 * (perf_counter() - began))
    cut = quantiles(waited, n=20)
    print(f"{len(questions)} questions, labelled one by one: p50 {cut[9]:.2f} ms, p95 {cut[18]:.2f} ms")


if __name__ == "__main__":
    main()
