"""All settings, read once from `CLASSIFR_*` environment variables or a `.env` file.

Nested groups join with two underscores: `CLASSIFR_ACCOUNTS__TOKEN_MINUTES=60`.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from classifr.resources import checkout_dir


def default_data_dir() -> Path:
    """The checkout's own `data/` when run from one, else the usual folder for this user.

    Root gets /var/lib/classifr, because PostgreSQL runs as another user, who must reach the folder.
    """
    if checkout := checkout_dir():
        return checkout / "data"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/classifr")
    return platformdirs.user_data_path("classifr", appauthor=False)


class LogFormat(StrEnum):
    AUTO = "auto"  #: Console lines on a terminal, JSON elsewhere.
    CONSOLE = "console"  #: Lines for people.
    JSON = "json"  #: One JSON object a line.


class VisionEngine(StrEnum):
    LOCAL = "local"  #: Ours, on this machine.
    AZURE = "azure"  #: Azure Custom Vision.


class StorageKind(StrEnum):
    LOCAL = "local"  #: A folder of this machine.
    AZURE = "azure"  #: A container of Azure Blob Storage.


class AccountsSettings(BaseModel):
    """Sign-in: tokens, password hashing and throttling."""

    token_minutes: int = Field(480, ge=1, description="How long a token is valid.")
    token_secret: SecretStr | None = Field(
        None,
        description="Key that signs tokens, at least 32 bytes. Generated into the data folder when "
        "the database is the embedded one; required otherwise.",
    )
    hash_threads: int = Field(2, ge=1, description="Passwords hashed at the same time, at most.")
    attempts_per_account: int = Field(
        10, ge=1, description="Failed sign-ins of one account before it has to wait."
    )
    attempts_per_address: int = Field(
        100, ge=1, description="Failed sign-ins from one address before it has to wait."
    )
    attempts_window_minutes: int = Field(
        15, ge=1, description="How long failed sign-ins count, and how long the wait is at most."
    )
    min_password_length: int = Field(10, ge=8, description="Shortest password accepted.")


class UploadSettings(BaseModel):
    """What is accepted as an image."""

    max_bytes: int = Field(4 * 1024 * 1024, ge=1, description="Largest image file.")
    max_pixels: int = Field(
        50_000_000,
        ge=4,
        description="Most pixels an image may have, checked before decoding: in a JPEG; half as "
        "many in a PNG, BMP, GIF or progressive JPEG, a quarter in a WebP, which take more memory.",
    )
    max_batch_images: int = Field(16, ge=1, description="Most images in one batch request.")


class FetchSettings(BaseModel):
    """Images fetched by their address, as the Custom Vision API lets clients ask for."""

    enabled: bool = Field(True, description="Whether images are fetched by address at all.")
    allowed_hosts: str = Field(
        "",
        description="Hosts that images may be fetched from although they are private, by comma: "
        "names, host:port, or networks such as 10.0.0.0/8. Public hosts need not be listed.",
    )
    timeout_seconds: float = Field(10, gt=0, description="How long fetching one image may take.")
    connections: int = Field(8, ge=1, description="Images fetched at the same time, at most.")


class EngineSettings(BaseModel):
    """How the local engine uses the machine."""

    sessions: int | None = Field(
        None,
        ge=1,
        description="Images classified at the same time in one process. Default: the cores "
        "it may use divided by the number of worker processes.",
    )
    max_waiting: int = Field(
        64, ge=1, description="Images that may wait for a session before new ones get a 503."
    )


class TrainingSettings(BaseModel):
    """What a project may hold. The defaults are Custom Vision's."""

    max_image_bytes: int = Field(6 * 1024 * 1024, ge=1, description="Largest training image.")
    max_side_pixels: int = Field(10_240, ge=1, description="Longest side of a training image.")
    max_aspect_ratio: float = Field(
        25, ge=1, description="Longest side of a training image divided by its shortest."
    )
    max_batch_images: int = Field(64, ge=1, description="Most training images in one request.")
    max_archive_bytes: int = Field(
        1024**3, ge=1, description="Largest zip file of training images."
    )
    min_images_per_tag: int = Field(
        5, ge=2, description="Images a tag needs before its project can be trained."
    )
    max_projects: int = Field(100, ge=1, description="Most projects.")
    max_tags: int = Field(500, ge=2, description="Most tags in a project.")
    max_images: int = Field(100_000, ge=1, description="Most images in a project.")
    max_iterations: int = Field(20, ge=1, description="Most iterations in a project.")


class JobsSettings(BaseModel):
    """Work in the background, such as training."""

    workers: int = Field(
        1,
        ge=0,
        description="Worker processes that `classifr serve` starts beside the API; 0 when "
        "`classifr worker` runs elsewhere.",
    )
    heartbeat_seconds: float = Field(
        5, gt=0, description="How often a worker says that it is alive."
    )
    stalled_seconds: float = Field(
        20, gt=0, description="Silence after which a worker's job is given to another."
    )


class BlobSettings(BaseModel):
    """The account of Azure Blob Storage: a connection string, or an address."""

    connection_string: SecretStr | None = Field(
        None, description="Of the storage account, with its key or a shared access signature."
    )
    account_url: str | None = Field(
        None,
        description="Address of the account, such as https://name.blob.core.windows.net, instead "
        "of a connection string.",
    )
    account_key: SecretStr | None = Field(
        None,
        description="Key of the account at that address. Without one, the default credential of "
        "Azure is used: managed identity, environment, `az login` ...",
    )
    container: str = Field(
        "classifr",
        min_length=3,
        max_length=63,
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        description="Container of the images, made if it is not there.",
    )


class AzureSettings(BaseModel):
    """Azure Custom Vision as the engine."""

    endpoint: str | None = Field(
        None,
        description="Address of the training resource, such as "
        "https://name.cognitiveservices.azure.com.",
    )
    prediction_endpoint: str | None = Field(
        None, description="Address of the prediction resource. Default: the same."
    )
    training_key: SecretStr | None = Field(None, description="Key of the training resource.")
    prediction_key: SecretStr | None = Field(None, description="Key of the prediction resource.")
    prediction_resource_id: str | None = Field(
        None,
        description="Id of the prediction resource, which iterations are published to: "
        "/subscriptions/.../accounts/name.",
    )
    project: str | None = Field(
        None, description="Project that answers predictions which name none: its id or name."
    )
    published_name: str | None = Field(
        None,
        description="Published name that answers in it. Default: the published iteration that was "
        "trained last.",
    )
    timeout_seconds: float = Field(
        60, gt=0, description="How long Custom Vision may take to connect, or to go on answering."
    )
    connections: int = Field(
        8, ge=1, description="Predictions, and other requests, at the same time in one process."
    )


class RetentionSettings(BaseModel):
    """How long things are kept."""

    pending_hours: float = Field(
        24, gt=0, description="How long an image waits for its verdict before it is deleted."
    )
    stored_prediction_days: float = Field(
        30, gt=0, description="How long predictions made by Custom Vision's clients are kept."
    )
    sweep_minutes: float = Field(
        10, gt=0, description="How often images without a verdict are looked for."
    )


class Settings(BaseSettings):
    """Every setting of Classifr."""

    model_config = SettingsConfigDict(
        env_prefix="CLASSIFR_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder of the embedded database, the images and the model files.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL to use instead of the embedded one: "
        "postgresql://user:password@host/name.",
    )
    database_pool_size: int = Field(
        5,
        ge=1,
        description="Database connections a process keeps, one more once it classified.",
    )
    admin_password: SecretStr | None = Field(
        None,
        description="Password of the first admin. Generated and printed once if absent.",
    )
    storage: StorageKind = Field(
        StorageKind.LOCAL,
        description="Where the images are: `local`, in the data folder; `azure`, in Blob Storage.",
    )
    log_format: LogFormat = Field(LogFormat.AUTO, description="auto, console or json.")
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    public_url: str | None = Field(
        None,
        pattern="^https?://[^?#]+$",
        description="Address under which Custom Vision's clients reach this server, such as "
        "https://classifr.example; it begins the addresses of images in answers. Default: the "
        "address of each request.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses of reverse proxies whose X-Forwarded-For is believed, by comma.",
    )
    vision: VisionEngine = Field(
        VisionEngine.LOCAL, description="The engine that classifies and learns: local or azure."
    )
    backbone: str | None = Field(
        None,
        description="Folder or record file of another backbone; EfficientNet-Lite0 if absent.",
    )
    api_url: str | None = Field(
        None,
        description="Server that commands such as `classifr train` work on, instead of the "
        "data folder.",
    )
    api_key: SecretStr | None = Field(None, description="API key that they show to that server.")
    workers: int = Field(1, ge=1, description="API processes; `classifr serve --workers` sets it.")
    accounts: AccountsSettings = AccountsSettings()
    upload: UploadSettings = UploadSettings()
    fetch: FetchSettings = FetchSettings()
    engine: EngineSettings = EngineSettings()
    training: TrainingSettings = TrainingSettings()
    jobs: JobsSettings = JobsSettings()
    retention: RetentionSettings = RetentionSettings()
    blob: BlobSettings = BlobSettings()
    azure: AzureSettings = AzureSettings()


def export_settings(**values: object) -> None:
    """Put settings into the environment, where this process and its children will read them."""
    for name, value in values.items():
        os.environ[f"CLASSIFR_{name.upper()}"] = str(value)
