"""Settings from the environment, read once; everything has a default that works on a laptop."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, computed_field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Config(BaseSettings):
    """`ONETHREAD_<NAME>` for each field. Without a database URL the hub keeps SQLite in the data folder."""

    model_config = SettingsConfigDict(env_prefix="ONETHREAD_", frozen=True, extra="ignore")

    data: Path = Path("data")
    database_url: str = ""
    """`postgresql://user:password@host/name`, or `sqlite:////path/to/file`; empty: SQLite in the data folder."""
    redis_url: str = ""
    """With PostgreSQL, several processes share one workspace through it."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    """The address customers, agents and providers reach; never read from request headers."""
    secret_key: SecretStr = SecretStr("")
    """Seals settings and signs tokens; empty: a file in the data folder, made at the first start."""
    max_body: int = Field(default=30 * 1024 * 1024, ge=1024)
    """Bytes of one request."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many proxies stand before us: that many entries of X-Forwarded-For are believed for rate limits."""
    reopen_days: int = Field(default=14, ge=0)
    recent_hours: int = Field(default=24, ge=0)
    log_level: str = "INFO"
    demo: bool = False

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data / 'onethread.db').absolute()}"

    @property
    def address(self) -> str:
        """The public URL, or the local one while none is configured."""
        return (
            self.public_url
            or f"http://{'localhost' if self.host in ('127.0.0.1', '0.0.0.0', '::') else self.host}:{self.port}"
        )
