# Two images from one build: `api` runs Classifr, `web` serves the page and passes the rest on.

FROM python:3.12-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Dependencies first: they change less often than the code, and layers are kept.
COPY requirements.lock requirements-build.lock ./
RUN pip install --require-hashes -r requirements-build.lock \
    && python -m venv /opt/classifr \
    && /opt/classifr/bin/pip install --require-hashes -r requirements.lock
COPY . .
RUN python -m hatchling build --target wheel --directory /dist \
    && /opt/classifr/bin/pip install --no-deps /dist/*.whl \
    && cp -r /opt/classifr/lib/python3.12/site-packages/classifr/frontend /page

FROM nginx:1.28-alpine AS web
COPY deploy/nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=build /page /usr/share/nginx/html
HEALTHCHECK --interval=10s --timeout=3s --retries=3 \
    CMD wget -q -O /dev/null http://127.0.0.1/ || exit 1

FROM python:3.12-slim AS api
RUN useradd --system --uid 10001 --home-dir /var/lib/classifr --create-home classifr \
    && chmod 0755 /var/lib/classifr
COPY --from=build /opt/classifr /opt/classifr
ENV PATH=/opt/classifr/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    CLASSIFR_DATA_DIR=/var/lib/classifr/data
USER classifr
# Made here so that a new volume mounted on it belongs to the ordinary user.
RUN mkdir /var/lib/classifr/data
WORKDIR /var/lib/classifr
VOLUME /var/lib/classifr/data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
CMD ["classifr", "serve", "--host", "0.0.0.0", "--port", "8000"]
