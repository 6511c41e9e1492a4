# medtfx: the web page and the client, without TensorFlow.
# `medtfx kubeflow image --variant app` writes the folder that it is built from, and prints the
# command. Why it has two stages stands in `Dockerfile`.

ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
RUN python -m venv /opt/python
ENV PATH=/opt/python/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /build/
# A site's package index, with its login: there during this step alone, and only if it is given.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --no-deps --require-hashes -r /build/requirements.txt
COPY source /build/source
# Its lock has no setuptools: pip brings its own for the build.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --no-deps --target /opt/medtfx /build/source

FROM ${BASE}
# A new volume at /audit or /spool gets the owner of the folder.
RUN mkdir -m 0770 /home/medtfx /audit /spool && chown 10001:0 /home/medtfx /audit /spool
COPY --from=build /opt/python /opt/python
COPY --from=build /opt/medtfx /opt/medtfx
ENV PATH=/opt/medtfx/bin:/opt/python/bin:$PATH \
    PYTHONPATH=/opt/medtfx \
    PYTHONUNBUFFERED=1 \
    HOME=/home/medtfx
USER 10001:0
WORKDIR /home/medtfx
RUN python -c "import serving.app, serving.dicom.node, grpc" && medtfx version
ARG VERSION=unknown
LABEL org.opencontainers.image.title=medtfx \
    org.opencontainers.image.description="medtfx, web page and client" \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.licenses=Apache-2.0 \
    medtfx.variant=app
CMD ["medtfx", "app", "--host", "0.0.0.0"]
