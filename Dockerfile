# Builds the program from the locked versions, then keeps only the virtual environment.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --requirement requirements-build.txt \
    && python -m venv /opt/heygen-slack \
    && /opt/heygen-slack/bin/pip install --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE manifest.yaml ./
COPY bot bot
COPY handlers handlers
COPY storage storage
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/heygen-slack/bin/pip install --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --user-group --uid 10001 --home-dir /data --shell /usr/sbin/nologin heygen \
    && install --directory --owner heygen --group heygen --mode 0700 /data
COPY --from=build /opt/heygen-slack /opt/heygen-slack
ENV PATH=/opt/heygen-slack/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:////data/heygen-slack.db \
    HOST=0.0.0.0 \
    PORT=3000
USER 10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["heygen-slack"]
CMD ["run"]
