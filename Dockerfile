# The service with the study of the bundled district: computed and drawn when the image is built, so that it starts at
# once, serves the same bytes everywhere and needs no writable disk.
#   docker build -t servicecircle .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL -p 127.0.0.1:8000:8000 servicecircle

FROM python:3.11-slim AS base
# rasterio's GDAL takes this one library from the system
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libexpat1 \
 && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1

FROM base AS study
WORKDIR /srv/servicecircle
RUN python -m venv /opt/venv
COPY requirements/study.txt requirements/study.txt
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/study.txt
COPY pyproject.toml README.md LICENSE ./
COPY data/geo data/geo
COPY servicecircle servicecircle
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .
COPY maps maps
COPY api api
RUN servicecircle build --out build \
 && python -m maps study --bundle build --out build/maps \
 && python -m maps report --bundle build --out build/report \
 && python -m compileall -q api

FROM base
LABEL org.opencontainers.image.title="servicecircle" \
      org.opencontainers.image.description="Who can walk to what within 15 minutes: the HTTP service" \
      org.opencontainers.image.licenses="MIT AND ODbL-1.0"
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin circle
WORKDIR /srv/servicecircle
COPY --from=study /opt/venv /opt/venv
COPY --from=study /srv/servicecircle/api api
COPY --from=study /srv/servicecircle/build build
# All addresses of the container; what the outside reaches is what is published.
ENV PYTHONDONTWRITEBYTECODE=1 \
    SERVICECIRCLE_BUNDLE=/srv/servicecircle/build \
    SERVICECIRCLE_HOST=0.0.0.0 \
    SERVICECIRCLE_PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "api"]
