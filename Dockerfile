# Paperboy in a container: the wheel is built in one stage, and only its contents reach the other.
# The data lives in the volume /data; see compose.yaml for the options to run it with.
ARG PYTHON_IMAGE=python:3.13-slim

# --- the wheel, and the wheels of everything that it needs at run time ---
FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY adapters ./adapters
COPY storage ./storage
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

# --- what runs ---
FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Paperboy" \
      org.opencontainers.image.description="Brings a team its trending research papers, in the chat it already lives in." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="The Paperboy authors"

# A fixed number, so that a folder of the host can be given to this user: chown 10001:10001.
RUN groupadd --system --gid 10001 paperboy \
    && useradd --system --uid 10001 --gid paperboy --home-dir /data --no-create-home \
       --shell /usr/sbin/nologin paperboy \
    && install --directory --owner=paperboy --group=paperboy --mode=0700 /data

RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels /wheels/paperboy-*.whl

# Logs appear as they are written; the file system may be read-only.
ENV PAPERBOY_HOME=/data \
    PAPERBOY_WEB_ADDRESS=0.0.0.0:8000 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000

# Healthy means that the running bot's heartbeat is fresh. The first start migrates the database first.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 \
    CMD ["paperboy", "health"]

# On SIGTERM no new message is begun and the one under way is finished.
STOPSIGNAL SIGTERM
ENTRYPOINT ["paperboy"]
CMD ["run"]
