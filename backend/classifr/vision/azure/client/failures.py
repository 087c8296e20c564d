"""What Custom Vision answers when it does not do as asked, as errors of ours."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from classifr.errors import (
    ClassifrError,
    EngineAnswerUnreadable,
    EngineBusy,
    EngineKeysRefused,
    EngineRefused,
    EngineRetired,
    EngineTimeout,
    EngineUnavailable,
    ImageFormatUnsupported,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    IterationNotFound,
    IterationNotPublished,
    IterationNotTrained,
    IterationPublished,
    LimitReached,
    NegativeAndRegularTag,
    NegativeTagTaken,
    NotFound,
    NotSupported,
    ProjectNameTaken,
    ProjectNotFound,
    PublishedNameTaken,
    RequestTooLarge,
    TagNameTaken,
    TagNotFound,
    TooFewImages,
    TrainingImageNotFound,
    TrainingInProgress,
    TrainingNotNeeded,
)

if TYPE_CHECKING:
    import requests

#: Custom Vision's codes, and what they are here. Every other 400 is EngineRefused.
_ERRORS: dict[str, type[ClassifrError]] = {
    "BadRequestClassificationTrainingValidationFailed": TooFewImages,
    "BadRequestExceedIterationPerProjectLimit": LimitReached,
    "BadRequestExceedProjectLimit": LimitReached,
    "BadRequestExceedTagPerProjectLimit": LimitReached,
    "BadRequestExceededQuota": LimitReached,
    "BadRequestImageAspectRatio": ImageTooManyPixels,
    "BadRequestImageBatch": ImageUnreadable,
    "BadRequestImageDimensions": ImageTooManyPixels,
    "BadRequestImageFormat": ImageFormatUnsupported,
    "BadRequestImageSizeBytes": ImageTooLarge,
    "BadRequestInvalidPublishName": PublishedNameTaken,
    "BadRequestIterationIsNotTrained": IterationNotTrained,
    "BadRequestIterationIsPublished": IterationPublished,
    "BadRequestIterationNotPublished": IterationNotPublished,
    "BadRequestMultiClassClassificationTrainingValidationFailed": TooFewImages,
    "BadRequestMultiLabelClassificationTrainingValidationFailed": TooFewImages,
    "BadRequestMultipleNegativeTag": NegativeTagTaken,
    "BadRequestNegativeAndRegularTagOnSameImage": NegativeAndRegularTag,
    "BadRequestNotSupported": NotSupported,
    "BadRequestOperationNotSupported": NotSupported,
    "BadRequestProjectNameNotUnique": ProjectNameTaken,
    "BadRequestRetiredDomainNotSupportedForTraining": EngineRetired,
    "BadRequestTagNameNotUnique": TagNameTaken,
    "BadRequestTrainingAlreadyInProgress": TrainingInProgress,
    "BadRequestTrainingNotNeeded": TrainingNotNeeded,
    "BadRequestTrainingNotNeededButTrainingPipelineUpdated": TrainingNotNeeded,
    "BadRequestTrainingValidationFailed": TooFewImages,
    "NotFound": NotFound,
    "NotFoundImage": TrainingImageNotFound,
    "NotFoundIteration": IterationNotFound,
    "NotFoundIterationPerformance": IterationNotTrained,
    "NotFoundProject": ProjectNotFound,
    "NotFoundTag": TagNotFound,
    "UnsupportedMediaType": ImageFormatUnsupported,
}
_BY_STATUS = {410: EngineRetired, 413: RequestTooLarge, 415: ImageFormatUnsupported}
#: These have a sentence of ours that says what to do; Custom Vision's are shorter.
_SAID_BETTER_HERE = (
    *(ImageFormatUnsupported, IterationNotFound, IterationNotPublished, NegativeAndRegularTag),
    NegativeTagTaken,
    *(ProjectNameTaken, ProjectNotFound, PublishedNameTaken, TagNameTaken, TagNotFound, NotFound),
    *(TrainingImageNotFound, TrainingInProgress, TrainingNotNeeded, NotSupported),
)
#: Before what failed in passing is asked again, if Custom Vision does not say.
PAUSE_SECONDS = 0.3
_KEY_HEADERS = ("Training-key", "Prediction-key")
_MOST_TEXT = 300  # Of another's sentence, in one of ours.


@dataclass(frozen=True)
class Place:
    """Which of Custom Vision's two resources is asked, as people set it."""

    key_setting: str
    endpoint_setting: str


class RequestFailed(Exception):
    """A request that gave no answer to use, and what that leaves open."""

    def __init__(
        self,
        error: ClassifrError,
        *,
        code: str = "",
        is_unsure: bool = False,
        pause_seconds: float | None = None,
    ) -> None:
        """code: Custom Vision's; is_unsure: it may have been carried out all the same.

        pause_seconds: after which it is worth another try; None: it is not.
        """
        self.error = error
        self.code = code
        self.is_unsure = is_unsure
        self.pause_seconds = pause_seconds
        super().__init__(error.detail)


def refusal(response: "requests.Response", place: Place) -> RequestFailed | None:
    """What is wrong with an answer; None if it is one to read."""
    status: int = response.status_code
    if status in (200, 202, 204, 207):
        return None
    code, message = _said(response)
    if status in (408, 429) or status >= 500:
        return _passing(status, code, _wait_seconds(response, message))
    return RequestFailed(_refused(status, code, message, place), code=code)


def unreadable(place: Place) -> RequestFailed:
    """What stands for an answer that is no answer of Custom Vision's."""
    error = EngineAnswerUnreadable(
        f"What answers at {place.endpoint_setting} is not Custom Vision. Check the address."
    )
    return RequestFailed(error, is_unsure=True)


def unsure(error: ClassifrError) -> ClassifrError:
    """The same error, saying that what was asked for may have been done."""
    return type(error)(
        "The answer of Custom Vision was lost: what was asked for may have been done or not. "
        "Look before you try again.",
        retry_after_seconds=error.retry_after_seconds,
    )


def _passing(status: int, code: str, wait: int | None) -> RequestFailed:
    """Something that may be otherwise in a moment."""
    if status == 429:
        busy = EngineBusy(retry_after_seconds=wait)
        return RequestFailed(busy, code=code, pause_seconds=wait or PAUSE_SECONDS)
    if status in (408, 504):
        return RequestFailed(EngineTimeout(), code=code, is_unsure=True)
    down = EngineUnavailable(retry_after_seconds=wait)
    return RequestFailed(down, code=code, is_unsure=True, pause_seconds=wait or PAUSE_SECONDS)


def _refused(status: int, code: str, message: str, place: Place) -> ClassifrError:
    if status in (401, 403):
        return _refused_key(status, message, place)
    if (known := _ERRORS.get(code) or _BY_STATUS.get(status)) is not None:
        if known in _SAID_BETTER_HERE or not message:
            return known()
        return known(_with("Custom Vision says", message))
    if status == 404 or status < 400 or not (code or message):
        # It knows no such address, so it is something else, or its path is wrong.
        return unreadable(place).error
    if "Retired" in code:
        return EngineRetired(_with("Custom Vision says", message))
    return EngineRefused(_with("Custom Vision refused this", message or code))


def _refused_key(status: int, message: str, place: Place) -> EngineKeysRefused:
    if status == 401:
        return EngineKeysRefused(
            f"Custom Vision refuses the key. Check {place.key_setting} and "
            f"{place.endpoint_setting}: a key is good for one resource alone."
        )
    return EngineKeysRefused(
        _with(f"Custom Vision forbids this to the key in {place.key_setting}", message)
    )


def _with(start: str, message: str) -> str:
    """One sentence of ours and theirs."""
    text = " ".join(message.split())[:_MOST_TEXT].strip().rstrip(".")
    return f"{start}: {text}." if text else f"{start}."


def _said(response: "requests.Response") -> tuple[str, str]:
    """Code and message of an error's body, in the service's form or its gateway's."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return "", ""
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if not isinstance(body, dict):
        return "", ""
    code, message = str(body.get("code") or ""), str(body.get("message") or "")
    return _without_keys(code, response), _without_keys(message, response)


def _without_keys(text: str, response: "requests.Response") -> str:
    """Some proxies repeat what they refuse; who reads the errors need not know the keys."""
    for header in _KEY_HEADERS:
        key = response.request.headers.get(header)
        if key and isinstance(key, str):
            text = text.replace(key, "***")
    return text


def _wait_seconds(response: "requests.Response", message: str) -> int | None:
    """When to come again: seconds or a date in the header, or said in words."""
    header = str(response.headers.get("Retry-After", "")).strip()
    if header.isdigit():
        return max(1, int(header))
    if header:
        try:
            until = parsedate_to_datetime(header)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(1, round((until - datetime.now(UTC)).total_seconds()))
    found = re.search(r"retry after (\d{1,6}) second", message, re.IGNORECASE)
    return max(1, int(found[1])) if found else None
