# One image for API, worker, beat and init. It holds no secret and runs as nobody in particular.
FROM python:3.11-slim-bookworm AS packages
COPY requirements-uv.lock requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.lock && python -m venv /packages
# PyTorch is no part of the lock: its CPU build comes from PyTorch's own index, without CUDA.
RUN uv pip install --no-cache --python /packages/bin/python --no-deps --torch-backend=cpu torch==2.13.0
RUN uv pip install --no-cache --python /packages/bin/python --no-deps --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ringfence && install -d -o ringfence -m 700 /data
COPY --from=packages /packages /packages
WORKDIR /ringfence
COPY ingestion ingestion
COPY service service
COPY workers workers
COPY migrations migrations
RUN printf '#!/packages/bin/python\nfrom service.cli import main\nmain()\n' > /packages/bin/ringfence \
    && chmod 755 /packages/bin/ringfence
ENV PATH=/packages/bin:$PATH PYTHONPATH=/ringfence PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 RINGFENCE_DATA_DIR=/data
USER 10001
VOLUME /data
CMD ["ringfence", "--help"]
