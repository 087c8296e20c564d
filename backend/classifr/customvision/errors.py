"""Errors in Custom Vision's words: `{"code", "message"}`, flat, whatever went wrong."""

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as DependsMarker
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from classifr import errors
from classifr.customvision.codes import ErrorCode
from classifr.errors import ClassifrError

logger = structlog.get_logger()

ACCESS_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
    "a valid key for an active subscription and use a correct regional API endpoint for your "
    "resource."
)
RESOURCE_NOT_FOUND = "Resource not found"
_METHOD_NOT_ALLOWED = "This address does not take that method."
_BODY_UNREADABLE = "The body cannot be read. Send it complete, as its content type says."

_Answer = tuple[int, ErrorCode]
_CODES = {code.value: code for code in ErrorCode}

#: What each of our errors is there: its status and its code.
ANSWERS: dict[type[ClassifrError], _Answer] = {
    ClassifrError: (500, ErrorCode.ERROR_UNKNOWN),
    errors.BadRequest: (400, ErrorCode.BAD_REQUEST),
    errors.ArchiveUnreadable: (400, ErrorCode.BAD_REQUEST),
    errors.ArchiveUnsafe: (400, ErrorCode.BAD_REQUEST),
    errors.CursorInvalid: (400, ErrorCode.PREDICTION_INVALID_QUERY_PARAMETERS),
    errors.FormUnreadable: (400, ErrorCode.IMAGE_STREAM),
    errors.ImageAddressRefused: (400, ErrorCode.IMAGE_URL),
    errors.ImageAddressUnreachable: (400, ErrorCode.IMAGE_URL),
    errors.LabelsUnreadable: (400, ErrorCode.BAD_REQUEST),
    errors.VerdictImageMismatch: (400, ErrorCode.BAD_REQUEST),
    errors.VerdictImageRequired: (400, ErrorCode.BAD_REQUEST),
    # No key tells what it may not do: there is one sentence, as in front of the service.
    errors.NotSignedIn: (401, ErrorCode.ACCESS_DENIED),
    errors.ApiKeyInvalid: (401, ErrorCode.ACCESS_DENIED),
    errors.CredentialsWrong: (401, ErrorCode.ACCESS_DENIED),
    errors.TokenInvalid: (401, ErrorCode.ACCESS_DENIED),
    errors.Forbidden: (401, ErrorCode.ACCESS_DENIED),
    errors.AdminOnly: (401, ErrorCode.ACCESS_DENIED),
    errors.ScopeMissing: (401, ErrorCode.ACCESS_DENIED),
    errors.NotFound: (404, ErrorCode.NOT_FOUND),
    errors.ImageGone: (404, ErrorCode.NOT_FOUND_IMAGE),
    errors.IterationNotFound: (404, ErrorCode.NOT_FOUND_ITERATION),
    errors.KeyNotFound: (404, ErrorCode.NOT_FOUND),
    errors.NotPublished: (404, ErrorCode.NOT_FOUND_ITERATION),
    errors.PredictionNotFound: (404, ErrorCode.NOT_FOUND),
    errors.ProjectNotFound: (404, ErrorCode.NOT_FOUND_PROJECT),
    errors.TagNotFound: (404, ErrorCode.NOT_FOUND_TAG),
    errors.TrainingImageNotFound: (404, ErrorCode.NOT_FOUND_IMAGE),
    errors.UserNotFound: (404, ErrorCode.NOT_FOUND),
    errors.WrongPredictionNotFound: (404, ErrorCode.NOT_FOUND),
    errors.Conflict: (400, ErrorCode.BAD_REQUEST),
    errors.BuiltinProject: (400, ErrorCode.WORKSPACE_CANNOT_BE_MODIFIED),
    errors.CorrectTagMissing: (400, ErrorCode.BAD_REQUEST),
    errors.IterationNotPublished: (400, ErrorCode.ITERATION_NOT_PUBLISHED),
    errors.IterationNotTrained: (400, ErrorCode.ITERATION_IS_NOT_TRAINED),
    errors.IterationPublished: (400, ErrorCode.ITERATION_IS_PUBLISHED),
    errors.LastAdmin: (400, ErrorCode.BAD_REQUEST),
    errors.LimitReached: (400, ErrorCode.EXCEEDED_QUOTA),
    errors.NegativeAndRegularTag: (400, ErrorCode.NEGATIVE_AND_REGULAR_TAG),
    errors.NegativeTagTaken: (400, ErrorCode.MULTIPLE_NEGATIVE_TAG),
    errors.NotTraining: (400, ErrorCode.BAD_REQUEST),
    errors.NothingToRollBack: (400, ErrorCode.BAD_REQUEST),
    errors.OneTagOnly: (400, ErrorCode.IMAGE_TAGS),
    errors.PredictionAlreadyJudged: (400, ErrorCode.BAD_REQUEST),
    errors.ProjectNameTaken: (400, ErrorCode.PROJECT_NAME_NOT_UNIQUE),
    errors.ProjectPublished: (400, ErrorCode.ITERATION_IS_PUBLISHED),
    errors.PublishedNameTaken: (400, ErrorCode.INVALID_PUBLISH_NAME),
    errors.TagNameTaken: (400, ErrorCode.TAG_NAME_NOT_UNIQUE),
    errors.TooFewImages: (400, ErrorCode.CLASSIFICATION_TRAINING_VALIDATION_FAILED),
    errors.TooFewTags: (400, ErrorCode.CLASSIFICATION_TRAINING_VALIDATION_FAILED),
    errors.TrainingInProgress: (400, ErrorCode.TRAINING_ALREADY_IN_PROGRESS),
    errors.TrainingNotNeeded: (400, ErrorCode.TRAINING_NOT_NEEDED),
    errors.UsernameTaken: (400, ErrorCode.BAD_REQUEST),
    errors.TooLarge: (400, ErrorCode.IMAGE_SIZE_BYTES),
    errors.ArchiveTooLarge: (400, ErrorCode.IMAGE_SIZE_BYTES),
    errors.ImageTooLarge: (400, ErrorCode.IMAGE_SIZE_BYTES),
    errors.RequestTooLarge: (400, ErrorCode.IMAGE_SIZE_BYTES),
    errors.TooManyImages: (400, ErrorCode.EXCEEDED_BATCH_SIZE),
    errors.UnsupportedMedia: (415, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
    errors.ImageFormatUnsupported: (400, ErrorCode.IMAGE_FORMAT),
    errors.MultipartExpected: (415, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
    errors.Unprocessable: (400, ErrorCode.BAD_REQUEST),
    errors.ImageMissing: (400, ErrorCode.IMAGE_STREAM),
    errors.ImageTooManyPixels: (400, ErrorCode.IMAGE_DIMENSIONS),
    errors.ImageUnreadable: (400, ErrorCode.IMAGE_FORMAT),
    errors.PasswordRejected: (400, ErrorCode.BAD_REQUEST),
    errors.TooManyAttempts: (429, ErrorCode.TOO_MANY_REQUESTS),
    errors.Unavailable: (503, ErrorCode.ERROR_SERVER_TIME_OUT),
    errors.DatabaseUnavailable: (503, ErrorCode.ERROR_SERVER_TIME_OUT),
    errors.NotReady: (503, ErrorCode.ERROR_PREDICTION_SERVICE_UNAVAILABLE),
    errors.Overloaded: (503, ErrorCode.ERROR_PREDICTION_SERVICE_UNAVAILABLE),
    errors.StorageUnavailable: (503, ErrorCode.ERROR_PREDICTION_STORAGE),
    errors.EngineRefused: (400, ErrorCode.BAD_REQUEST),
    errors.EngineFailed: (502, ErrorCode.ERROR_UNKNOWN),
    errors.EngineAnswerUnreadable: (502, ErrorCode.ERROR_UNKNOWN),
    errors.EngineKeysRefused: (502, ErrorCode.ERROR_UNKNOWN),
    errors.EngineRetired: (502, ErrorCode.ERROR_UNKNOWN),
    errors.EngineBusy: (503, ErrorCode.ERROR_PREDICTION_SERVICE_UNAVAILABLE),
    errors.EngineUnavailable: (503, ErrorCode.ERROR_PREDICTION_SERVICE_UNAVAILABLE),
    errors.EngineTimeout: (504, ErrorCode.ERROR_SERVER_TIME_OUT),
    errors.NotSupported: (400, ErrorCode.NOT_SUPPORTED),
    errors.StorageFull: (507, ErrorCode.ERROR_PREDICTION_STORAGE),
}

#: Sentences that clients are known to look for.
_KNOWN_MESSAGES: dict[type[ClassifrError], str] = {
    errors.NotPublished: "Invalid iteration",
    errors.TooFewImages: "Not enough images for training.",
    errors.TooFewTags: "Not enough images for training.",
    errors.TrainingNotNeeded: "Nothing changed since last training.",
}

#: What is not found when a part of an address is no id.
_PATH_CODES = {
    "project_id": ErrorCode.NOT_FOUND_PROJECT,
    "iteration_id": ErrorCode.NOT_FOUND_ITERATION,
    "tag_id": ErrorCode.NOT_FOUND_TAG,
    "image_id": ErrorCode.NOT_FOUND_IMAGE,
    "domain_id": ErrorCode.NOT_FOUND_DOMAIN,
}
_STATUS_ANSWERS = {
    400: (ErrorCode.BAD_REQUEST, _BODY_UNREADABLE),
    404: (ErrorCode.NOT_FOUND, RESOURCE_NOT_FOUND),
    405: (ErrorCode.OPERATION_NOT_SUPPORTED, _METHOD_NOT_ALLOWED),
}


class Refused(Exception):
    """What only this dialect refuses. The rest of its errors are those of `classifr.errors`."""

    def __init__(self, code: ErrorCode, message: str, *, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


def add_error_handlers(app: FastAPI) -> None:
    """Have `app` answer every error in Custom Vision's shape."""
    app.add_exception_handler(ClassifrError, _known)  # type: ignore[arg-type]
    app.add_exception_handler(Refused, _refused)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _misshapen)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _from_framework)  # type: ignore[arg-type]
    app.add_exception_handler(ClientDisconnect, _left)


def answering(codes: Mapping[type[ClassifrError], ErrorCode]) -> DependsMarker:
    """A dependency of routes where an error of ours means something more exact."""

    async def remember(request: Request) -> None:
        remember_codes(request, codes)

    return DependsMarker(remember)


def remember_codes(request: Request, codes: Mapping[type[ClassifrError], ErrorCode]) -> None:
    """Have these errors answer with these codes for the rest of the request."""
    request.state.codes = {**getattr(request.state, "codes", {}), **codes}


def error_response(
    error: ClassifrError, codes: Mapping[type[ClassifrError], ErrorCode] | None = None
) -> JSONResponse:
    """The answer for one of our errors. codes: those that are more exact here."""
    status, code = ANSWERS[next(kind for kind in type(error).__mro__ if kind in ANSWERS)]
    code = (codes or {}).get(type(error), code)
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return _answer(status, code, _message(error, code), headers)


def _message(error: ClassifrError, code: ErrorCode) -> str:
    if code is ErrorCode.ACCESS_DENIED:
        return ACCESS_DENIED
    known = _KNOWN_MESSAGES.get(type(error))
    if known is None:
        return error.detail
    # The known sentence first; what to do about it helps whoever reads the rest.
    return known if error.detail == error.message else f"{known} {error.detail}"


async def _known(request: Request, error: ClassifrError) -> JSONResponse:
    if error.status >= 500:
        logger.warning("request_failed", error=error.code, cause=repr(error.__cause__))
    return error_response(error, getattr(request.state, "codes", None))


async def _refused(_: Request, error: Refused) -> JSONResponse:
    return _answer(error.status, error.code, error.message)


async def _misshapen(_: Request, error: RequestValidationError) -> JSONResponse:
    problem = error.errors()[0]
    place, *names = problem["loc"]
    name = str(names[-1]) if names else "body"
    if problem["type"] in _CODES:
        return _answer(400, _CODES[problem["type"]], problem["msg"])
    if problem["type"] == "json_invalid":
        return _answer(400, *_STATUS_ANSWERS[400])
    if place == "path":
        return _answer(404, _PATH_CODES.get(name, ErrorCode.NOT_FOUND), RESOURCE_NOT_FOUND)
    where = ".".join(str(part) for part in names) or "body"
    return _answer(400, _problem_code(problem["type"]), f"{where}: {problem['msg']}")


def _problem_code(kind: str) -> ErrorCode:
    if kind == "missing":
        return ErrorCode.REQUIRED_PARAM_IS_NULL
    if kind.startswith("uuid"):
        return ErrorCode.INVALID_IDS
    return ErrorCode.EXCEEDED_BATCH_SIZE if kind == "too_long" else ErrorCode.BAD_REQUEST


async def _from_framework(_: Request, error: HTTPException) -> JSONResponse:
    fallback = (ErrorCode.BAD_REQUEST, str(error.detail))
    code, message = _STATUS_ANSWERS.get(error.status_code, fallback)
    return _answer(error.status_code, code, message, dict(error.headers or {}))


async def _left(_: Request, __: Exception) -> Response:
    # Nobody reads this answer; the log line shows nginx's status for it.
    return Response(status_code=499)


def _answer(
    status: int, code: ErrorCode, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, headers)
