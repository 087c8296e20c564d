"""Official clients whose every request and answer is checked on its way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.prediction.models import (
    CustomVisionErrorException as PredictionError,
)
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    CustomVisionErrorException as TrainingError,
)
from msrest.authentication import ApiKeyCredentials
from tests.compat.openapi import Exchange, Specs, check_answer

TRAINING = "/customvision/v3.4-preview/training"
PREDICTION = "/customvision/v3.1/prediction"
SPECS = Specs()


@dataclass(frozen=True)
class Access:
    """What a script of Custom Vision is given."""

    endpoint: str
    training_key: str
    prediction_key: str
    resource_id: str = "/subscriptions/s/resourceGroups/g/providers/p/accounts/a"


@dataclass
class Answers:
    """The exchanges of a client, each checked before the client sees its answer."""

    seen: list[Exchange] = field(default_factory=list)
    checks_requests: bool = True  #: Off for requests that stray from the published files.

    @property
    def last(self) -> Exchange:
        return self.seen[-1]

    def hook(self, response: requests.Response, *_: object, **__: object) -> None:
        request = response.request
        sent = request.body.encode() if isinstance(request.body, str) else request.body
        exchange = Exchange(
            method=request.method or "",
            url=request.url or "",
            sent_type=str(request.headers.get("content-type", "")),
            sent=sent if isinstance(sent, bytes) else b"",
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=response.content,
        )
        self.seen.append(exchange)
        check_answer(exchange)
        SPECS.check(exchange, with_request=self.checks_requests)


def training_client(access: Access, answers: Answers) -> CustomVisionTrainingClient:
    key = ApiKeyCredentials(in_headers={"Training-key": access.training_key})
    client = CustomVisionTrainingClient(access.endpoint, key)
    _watch(client, answers)
    return client


def prediction_client(access: Access, answers: Answers) -> CustomVisionPredictionClient:
    key = ApiKeyCredentials(in_headers={"Prediction-key": access.prediction_key})
    client = CustomVisionPredictionClient(access.endpoint, key)
    _watch(client, answers)
    return client


def _watch(client: Any, answers: Answers) -> None:
    client.config.hooks.append(answers.hook)
    client.config.keep_alive = True
    client.config.proxies.use_env_settings = False
    # A 500 is to be seen, not repeated.
    client.config.retry_policy.retries = 0


class Wire:
    """Requests as any other program sends them, checked as well."""

    def __init__(self, access: Access, answers: Answers) -> None:
        self._access = access
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.hooks["response"].append(answers.hook)

    def close(self) -> None:
        self._session.close()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """To any path, with the headers given and no others."""
        return self._session.request(
            method, self._access.endpoint + path, timeout=60, allow_redirects=False, **options
        )

    def train(self, method: str, path: str, **options: Any) -> requests.Response:
        """Below the newest training address, with its key."""
        headers = {"Training-key": self._access.training_key, **options.pop("headers", {})}
        return self.send(method, TRAINING + path, headers=headers, **options)

    def predict(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Prediction-Key": self._access.prediction_key, **options.pop("headers", {})}
        return self.send(method, PREDICTION + path, headers=headers, **options)


def refusal(call: Callable[..., object], *arguments: object, **named: object) -> tuple[int, str]:
    """The status and code with which a call fails."""
    status, code, _ = refusal_with_message(call, *arguments, **named)
    return status, code


def refusal_with_message(
    call: Callable[..., object], *arguments: object, **named: object
) -> tuple[int, str, str]:
    """Raises: AssertionError if it succeeds."""
    try:
        given = call(*arguments, **named)
    except (TrainingError, PredictionError) as error:
        return error.response.status_code, error.error.code, error.error.message
    raise AssertionError(f"it answered {given}")


def code_of(response: requests.Response) -> tuple[int, str]:
    """The status and code of a refused request."""
    return response.status_code, response.json()["code"]
