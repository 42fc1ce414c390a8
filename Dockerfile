# Two stages: wheels are built with pip in the first; the second holds what serves, and no torch.
# BASE takes a digest, so that the same is built again: --build-arg BASE=python@sha256:...
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
WORKDIR /src
COPY deploy/requirements.lock ./
RUN python -m venv /opt/ocr && /opt/ocr/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY charset charset
COPY crnn crnn
COPY export export
COPY service service
RUN /opt/ocr/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
RUN useradd --system --uid 10001 --no-create-home ocr && install -d -o ocr /var/lib/crnn-ocr
COPY --from=build /opt/ocr /opt/ocr
COPY weights /opt/weights
COPY LICENSE NOTICE /opt/
ENV PATH=/opt/ocr/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OCR_HOST=0.0.0.0 \
    OCR_PORT=8000 \
    OCR_WEIGHTS_DIR=/opt/weights \
    OCR_DATA_DIR=/var/lib/crnn-ocr
VOLUME /var/lib/crnn-ocr
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['OCR_PORT'] + '/readyz', timeout=4)"]
CMD ["crnn-ocr", "serve"]
