"""The credentials that the docker CLI would use for a registry. Files are only read, and nothing is kept.

The order is that of docker/cli v29 ``GetAuthConfig`` (``cli/config/configfile/file.go``): first ``DOCKER_AUTH_CONFIG``,
then the credential helper of the registry (``credHelpers``) or of all (``credsStore``), then ``auths``.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cacheview.model import DataError, Problem, decode
from cacheview.regular import is_missing
from cacheview.stores.docker_engine.contexts import cli_folder, read_cli_file
from cacheview.stores.registry.helpers import ask_helper

__all__ = ["ANONYMOUS", "Credentials", "host_of_key", "known_credentials"]

_VARIABLE: Final = "DOCKER_AUTH_CONFIG"
_TOKEN_USER: Final = "<token>"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials for a login, as far as they are known. All fields are empty if none are.

    Attributes:
        username, password: credentials for the registry or its token server.
        identity_token: token for the token server, used instead of them.
        registry_token: token for the registry, sent unchanged.
        origin: their source, for people.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    origin: str = ""

    @property
    def has_password(self) -> bool:
        """Whether there are both a user name and a password. docker sends them only together."""
        return bool(self.username and self.password)

    @property
    def is_anonymous(self) -> bool:
        """Whether there is nothing to log in with."""
        return not (self.has_password or self.identity_token or self.registry_token)


ANONYMOUS: Final = Credentials()


class _CredentialsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _in_any_case(cls, data: Any) -> Any:
        """Match keys in any case, as Go does.

        Without any key in its usual case, nothing else would recognize the file.
        """
        if not isinstance(data, dict):
            return data
        fields = {name.lower(): name for name in cls.model_fields}
        return {fields.get(key.lower(), key): value for key, value in data.items()}


class _Auth(_CredentialsFile):
    auth: str = Field("", repr=False)
    username: str = ""
    password: str = Field("", repr=False)
    identitytoken: str = Field("", repr=False)
    registrytoken: str = Field("", repr=False)


class _Config(_CredentialsFile):
    auths: dict[str, _Auth] = Field(default_factory=dict)
    credsStore: str = ""
    credHelpers: dict[str, str] = Field(default_factory=dict)


def known_credentials(key: str, stopped: Callable[[], bool] = lambda: False) -> tuple[Credentials, tuple[Problem, ...]]:
    """Return the credentials for a registry, and the problems with reading them.

    Args:
        key: the registry's key in the config: ``Target.key``.
        stopped: returns whether the caller is no longer waiting.
    """
    problems: list[Problem] = []
    from_environment = _of_environment(key, problems)
    if from_environment is not None:
        return from_environment, tuple(problems)
    path = cli_folder() / "config.json"
    config = _config(path, problems)
    in_file = _of_file(config, key, path, problems)
    helper = config.credHelpers.get(key, config.credsStore)
    if not helper:
        return in_file, tuple(problems)
    try:
        secret = ask_helper(helper, key, stopped=stopped)
    except DataError as error:
        problems.append(Problem(error.where, f"{error.what}. The registry was queried without credentials"))
        return ANONYMOUS, tuple(problems)
    of_helper = Credentials(registry_token=in_file.registry_token, origin=f"docker-credential-{helper}")
    if secret is None:
        return of_helper, tuple(problems)
    if secret.Username == _TOKEN_USER:
        return replace(of_helper, identity_token=secret.Secret), tuple(problems)
    return replace(of_helper, username=secret.Username, password=secret.Secret), tuple(problems)


def _of_environment(key: str, problems: list[Problem]) -> Credentials | None:
    text = os.environ.get(_VARIABLE, "")
    if not text:
        return None
    try:
        auth = decode(_Config, text).auths.get(key)
        if auth is None:
            return None
        username, password = _decoded(auth.auth)
    except DataError as error:
        problems.append(Problem(_VARIABLE, f"is not used: {error}"))
        return None
    return Credentials(username, password, origin=_VARIABLE)


def _config(path: Path, problems: list[Problem]) -> _Config:
    if is_missing(path):
        return _Config()
    try:
        return read_cli_file(_Config, path)
    except DataError as error:
        problems.append(Problem(error.where, f"{error.what}. Without this file, no credentials are available"))
        return _Config()


def _of_file(config: _Config, key: str, path: Path, problems: list[Problem]) -> Credentials:
    """Return a file's credentials by key, or by the host of an old key: ``fileStore.Get`` in docker/cli.

    Source: ``cli/config/credentials/file_store.go``.
    """
    auth = config.auths.get(key)
    if auth is None:
        auth = next((auth for other, auth in config.auths.items() if host_of_key(other) == key), None)
    if auth is None:
        return ANONYMOUS
    username, password = auth.username, auth.password
    if auth.auth:
        try:
            username, password = _decoded(auth.auth)
        except DataError as error:
            problems.append(Problem(f"{path}: auths: {key[:200]}", str(error)))
            return ANONYMOUS
    return Credentials(username, password, auth.identitytoken, auth.registrytoken, str(path))


def _decoded(auth: str) -> tuple[str, str]:
    """Decode the user name and password of an ``auth``: ``decodeAuth``. Raises `DataError`, which does not quote it."""
    try:
        text = base64.b64decode(auth.replace("\r", "").replace("\n", ""), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise DataError("`auth` must be a base64-encoded username and password. Log in again") from error
    username, colon, password = text.partition(":")
    if not colon or not username:
        raise DataError("`auth` must contain a username and a password. Log in again")
    return username, password.strip("\0")


def host_of_key(key: str) -> str:
    """Return the host of an old key, which is a URL: ``ConvertToHostname`` in ``file_store.go``."""
    if "://" not in key:
        return key.partition("/")[0]
    try:
        place = urlsplit(key)
        host, port = place.hostname, place.port
    except ValueError:
        host = port = None
    if not host:
        return key.partition("://")[2].partition("/")[0]
    if ":" in host:
        host = f"[{host}]"
    return f"{host}:{port}" if port is not None else host
