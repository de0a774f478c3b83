"""The images that the tests build: a few small ones with lineage, one with two names, and an unnamed leaf."""

from __future__ import annotations

from dataclasses import dataclass

from daemon_builds import Builder, Step

__all__ = ["FILES", "WEB", "Build", "build_shop"]

FILES = {"rootfs/etc/motd": b"welcome\n", "app/index.html": b"<h1>shop</h1>\n", "app/style.css": b"h1 {}\n"}

BASE = """\
FROM scratch
MAINTAINER shop@example.com
LABEL org.example.vendor="Example Shop" org.example.layer=base
ENV PATH=/usr/local/bin:/bin LANG=C.UTF-8
COPY rootfs/ /
STOPSIGNAL SIGTERM
"""

WEB = """\
FROM shop/base:1
ARG VERSION=1.0
LABEL org.example.app=web org.example.version=$VERSION org.example.empty=""
ENV APP_HOME=/srv/web APP_VERSION=$VERSION
WORKDIR $APP_HOME
COPY app/index.html app/style.css ./
ADD app/ /srv/
USER 1000:1000
EXPOSE 80/tcp 443/tcp
VOLUME /data
HEALTHCHECK --interval=5s CMD ["/ok"]
SHELL ["/noop", "-c"]
ONBUILD ENV LATER=1
ENTRYPOINT ["/web"]
CMD ["serve", "--port", "80"]
"""

API = """\
FROM scratch AS assets
COPY app/style.css /style.css
LABEL stage=assets
FROM shop/base:1
COPY --from=assets /style.css /srv/style.css
ENV API=1
CMD ["/api"]
"""

MOVED = """\
FROM scratch
COPY app/index.html /index.html
CMD ["{command}"]
"""


@dataclass(frozen=True)
class Build:
    """One build: its options and its steps."""

    name: str
    dockerfile: str
    steps: list[Step]


def build_shop(builder: Builder) -> list[Build]:
    """Run all builds in order. The last tag moves to a second build, which leaves the first unnamed."""
    dockerfiles = [
        ("shop/base:1", BASE),
        ("shop/web:1.0", WEB),
        ("shop/api:2.3", API),
        ("shop/moved:1", MOVED.format(command="before")),
        ("shop/moved:1", MOVED.format(command="after")),
    ]
    builds = [Build(name, dockerfile, builder.build(name, dockerfile, FILES)) for name, dockerfile in dockerfiles]
    builder.client.tag("shop/web:1.0", "registry.example.com:5000/team/web", "stable")
    return builds
