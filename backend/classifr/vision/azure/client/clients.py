"""The two official clients, each with its key: one trains, one predicts."""

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from pydantic import SecretStr

from classifr.errors import SettingsInvalid
from classifr.settings import AzureSettings
from classifr.vision.azure.client.connection import Connection
from classifr.vision.azure.client.failures import Place

if TYPE_CHECKING:
    from azure.cognitiveservices.vision.customvision.prediction import (
        CustomVisionPredictionClient,
    )
    from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient

TrainingConnection: TypeAlias = "Connection[CustomVisionTrainingClient]"
PredictionConnection: TypeAlias = "Connection[CustomVisionPredictionClient]"

_REQUIRED = ("endpoint", "training_key", "prediction_key", "prediction_resource_id", "project")


def check_settings(azure: AzureSettings) -> None:
    """Raises: SettingsInvalid, naming what is missing or no address."""
    missing = [_variable(name) for name in _REQUIRED if not _text(getattr(azure, name))]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise SettingsInvalid(
            f"CLASSIFR_VISION is azure, but {', '.join(missing)} {are} not set. "
            "The page of the Custom Vision resource shows keys, endpoint and resource id."
        )
    for name in ("endpoint", "prediction_endpoint"):
        address = getattr(azure, name)
        if address is not None and not _is_address(address):
            raise SettingsInvalid(
                f"{_variable(name)} is no address. It is like "
                "https://name.cognitiveservices.azure.com, without a path."
            )
    for name in ("training_key", "prediction_key"):
        key = _text(getattr(azure, name))
        if not (key.isascii() and key.isprintable()):
            raise SettingsInvalid(f"{_variable(name)} holds characters that no key has.")


def open_training(azure: AzureSettings, *, max_waiting: int) -> TrainingConnection:
    """Everything but classifying by published iterations. Imports the client, which takes time."""
    from azure.cognitiveservices.vision.customvision.training import (  # noqa: PLC0415
        CustomVisionTrainingClient,
    )
    from msrest.authentication import ApiKeyCredentials  # noqa: PLC0415

    credentials = ApiKeyCredentials(in_headers={"Training-key": _text(azure.training_key)})
    return Connection(
        CustomVisionTrainingClient(_text(azure.endpoint), credentials),
        Place(_variable("training_key"), _variable("endpoint")),
        threads=azure.connections,
        max_waiting=max_waiting,
        timeout=azure.timeout_seconds,
    )


def open_prediction(azure: AzureSettings, *, max_waiting: int) -> PredictionConnection:
    """Classifying by published iterations, so that no upload is before it in the line."""
    from azure.cognitiveservices.vision.customvision.prediction import (  # noqa: PLC0415
        CustomVisionPredictionClient,
    )
    from msrest.authentication import ApiKeyCredentials  # noqa: PLC0415

    credentials = ApiKeyCredentials(in_headers={"Prediction-key": _text(azure.prediction_key)})
    has_own = azure.prediction_endpoint is not None
    return Connection(
        CustomVisionPredictionClient(
            _text(azure.prediction_endpoint if has_own else azure.endpoint), credentials
        ),
        Place(
            _variable("prediction_key"), _variable("prediction_endpoint" if has_own else "endpoint")
        ),
        threads=azure.connections,
        max_waiting=max_waiting,
        timeout=azure.timeout_seconds,
    )


def _text(value: str | SecretStr | None) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return (value or "").strip()


def _variable(name: str) -> str:
    return f"CLASSIFR_AZURE__{name.upper()}"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
