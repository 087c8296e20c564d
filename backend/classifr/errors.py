"""Every error a caller can meet, drawn here and mapped to HTTP once, in `error_handlers.py`.

ClassifrError
├── BadRequest (400)
│   ├── ArchiveUnreadable
│   ├── ArchiveUnsafe
│   ├── CursorInvalid
│   ├── FormUnreadable
│   ├── ImageAddressRefused
│   ├── ImageAddressUnreachable
│   ├── LabelsUnreadable
│   ├── VerdictImageMismatch
│   └── VerdictImageRequired
├── NotSignedIn (401)
│   ├── ApiKeyInvalid
│   ├── CredentialsWrong
│   └── TokenInvalid
├── Forbidden (403)
│   ├── AdminOnly
│   └── ScopeMissing
├── NotFound (404)
│   ├── ImageGone
│   ├── IterationNotFound
│   ├── KeyNotFound
│   ├── NotPublished
│   ├── PredictionNotFound
│   ├── ProjectNotFound
│   ├── TagNotFound
│   ├── TrainingImageNotFound
│   ├── UserNotFound
│   └── WrongPredictionNotFound
├── Conflict (409)
│   ├── BuiltinProject
│   ├── CorrectTagMissing
│   ├── EngineRefused
│   ├── IterationNotPublished
│   ├── IterationNotTrained
│   ├── IterationPublished
│   ├── LastAdmin
│   ├── LimitReached
│   ├── NegativeAndRegularTag
│   ├── NegativeTagTaken
│   ├── NotTraining
│   ├── NothingToRollBack
│   ├── OneTagOnly
│   ├── PredictionAlreadyJudged
│   ├── ProjectNameTaken
│   ├── ProjectPublished
│   ├── PublishedNameTaken
│   ├── TagNameTaken
│   ├── TooFewImages
│   ├── TooFewTags
│   ├── TrainingInProgress
│   ├── TrainingNotNeeded
│   └── UsernameTaken
├── TooLarge (413)
│   ├── ArchiveTooLarge
│   ├── ImageTooLarge
│   ├── RequestTooLarge
│   └── TooManyImages
├── UnsupportedMedia (415)
│   ├── ImageFormatUnsupported
│   └── MultipartExpected
├── Unprocessable (422)
│   ├── ImageMissing
│   ├── ImageTooManyPixels
│   ├── ImageUnreadable
│   └── PasswordRejected
├── TooManyAttempts (429)
├── EngineFailed (502)
│   ├── EngineAnswerUnreadable
│   ├── EngineKeysRefused
│   └── EngineRetired
├── Unavailable (503)
│   ├── DatabaseUnavailable
│   ├── EngineBusy
│   ├── EngineUnavailable
│   ├── NotReady
│   ├── Overloaded
│   └── StorageUnavailable
├── EngineTimeout (504)
├── NotSupported (501)
├── StorageFull (507)
└── SetupError: what stops a start or a command; never answered over HTTP
    ├── BackboneInvalid
    ├── DatabaseStartFailed
    ├── DatabaseToolFailed
    └── SettingsInvalid
"""

from typing import ClassVar, Self


class ClassifrError(Exception):
    """An error with a stable code, an HTTP status and a sentence that says what to do."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "Something went wrong on our side. Try again."
    default_retry_after_seconds: ClassVar[int | None] = None

    def __init__(
        self, message: str | None = None, *, retry_after_seconds: int | None = None
    ) -> None:
        self.detail = message or self.message
        self.retry_after_seconds = retry_after_seconds or self.default_retry_after_seconds
        super().__init__(self.detail)


class BadRequest(ClassifrError):
    code = "bad_request"
    status = 400
    message = "The request cannot be carried out as it stands."


class ArchiveUnreadable(BadRequest):
    code = "archive_unreadable"
    message = "This is not a zip file that can be read. Make it again and send it."


class ArchiveUnsafe(BadRequest):
    code = "archive_unsafe"
    message = "The zip file holds paths or sizes that are not accepted."


class CursorInvalid(BadRequest):
    code = "cursor_invalid"
    message = "The cursor was not issued by this list. Start again without it."


class FormUnreadable(BadRequest):
    code = "form_unreadable"
    message = "The form is damaged or incomplete. Send it again as multipart/form-data."


class ImageAddressRefused(BadRequest):
    # One sentence for names that do not exist and for private ones, so that none is found out.
    code = "image_address_refused"
    message = (
        "There is no public web server at this address. "
        "Give another, or ask an admin to allow this host."
    )


class ImageAddressUnreachable(BadRequest):
    code = "image_address_unreachable"
    message = (
        "The server at this address did not send an image in time, or broke off. "
        "Open the address in a browser to see why."
    )


class LabelsUnreadable(BadRequest):
    code = "labels_unreadable"
    message = "The CSV file cannot be read. It needs the columns `file` and `tag`."


class VerdictImageRequired(BadRequest):
    code = "verdict_image_required"
    message = "This image was not kept. Send it again in `image` (base64) with the NOK."


class VerdictImageMismatch(BadRequest):
    code = "verdict_image_mismatch"
    message = "The image sent with the NOK is not the one that was classified."


class NotSignedIn(ClassifrError):
    code = "not_signed_in"
    status = 401
    message = "Sign in first: send a bearer token from POST /auth/token."


class ApiKeyInvalid(NotSignedIn):
    code = "api_key_invalid"
    message = "The API key is wrong or was revoked. Ask an admin for another."


class CredentialsWrong(NotSignedIn):
    code = "credentials_wrong"
    message = "The username or the password is wrong."


class TokenInvalid(NotSignedIn):
    code = "token_invalid"
    message = "The token is expired or no longer valid. Sign in again."


class Forbidden(ClassifrError):
    code = "forbidden"
    status = 403
    message = "This account may not do that."


class AdminOnly(Forbidden):
    code = "admin_only"
    message = "Only an admin may do that."


class ScopeMissing(Forbidden):
    code = "scope_missing"
    message = "This API key may not do that. Ask an admin for one with the right scope."


class NotFound(ClassifrError):
    code = "not_found"
    status = 404
    message = "There is nothing at this address."


class ImageGone(NotFound):
    code = "image_gone"
    message = "The image is no longer stored."


class IterationNotFound(NotFound):
    code = "iteration_not_found"
    message = "There is no such iteration in this project."


class KeyNotFound(NotFound):
    code = "key_not_found"
    message = "There is no such API key."


class NotPublished(NotFound):
    code = "not_published"
    message = "No iteration is published under this name. List the iterations to see the names."


class PredictionNotFound(NotFound):
    code = "prediction_not_found"
    message = "There is no such prediction of yours."


class ProjectNotFound(NotFound):
    code = "project_not_found"
    message = "There is no such project. It may have been deleted."


class TagNotFound(NotFound):
    code = "tag_not_found"
    message = "There is no such tag in this project."


class TrainingImageNotFound(NotFound):
    code = "training_image_not_found"
    message = "There is no such image in this project."


class UserNotFound(NotFound):
    code = "user_not_found"
    message = "There is no such user."


class WrongPredictionNotFound(NotFound):
    code = "wrong_prediction_not_found"
    message = "There is no such wrong prediction. It may have been deleted."


class Conflict(ClassifrError):
    code = "conflict"
    status = 409
    message = "The request conflicts with the present state."


class BuiltinProject(Conflict):
    code = "builtin_project"
    message = "The built-in project cannot be changed. Create one of your own."


class CorrectTagMissing(Conflict):
    code = "correct_tag_missing"
    message = "Say what the image really shows first: it has no correct tag yet."


class EngineRefused(Conflict):
    code = "engine_refused"
    message = "The engine behind this Classifr refused the request."


class IterationNotPublished(Conflict):
    code = "iteration_not_published"
    message = "This iteration is not published."


class IterationNotTrained(Conflict):
    code = "iteration_not_trained"
    message = "This iteration is not trained yet, or its training failed."


class IterationPublished(Conflict):
    code = "iteration_published"
    message = "This iteration is published. Unpublish it first."

    @classmethod
    def under(cls, iteration: str, name: str) -> Self:
        """`iteration` is published as `name`, so it can be given no other name."""
        return cls(
            f"{iteration} is published as “{name}” already. "
            "Unpublish it first to give it another name."
        )


class LastAdmin(Conflict):
    code = "last_admin"
    message = "This is the last active admin. Make another user an admin first."


class LimitReached(Conflict):
    code = "limit_reached"
    message = "The project has as many of these as it may. Delete some first."


class NegativeAndRegularTag(Conflict):
    code = "negative_and_regular_tag"
    message = "An image that shows none of the tags (Negative) cannot have a regular tag as well."


class NegativeTagTaken(Conflict):
    code = "negative_tag_taken"
    message = "The project has a negative tag already, and may have only one."


class NotTraining(Conflict):
    code = "not_training"
    message = "This iteration is not being trained, so there is nothing to cancel."


class NothingToRollBack(Conflict):
    code = "nothing_to_roll_back"
    message = "No earlier iteration was published under this name."


class OneTagOnly(Conflict):
    code = "one_tag_only"
    message = "An image of a Multiclass project has one tag, and not several."


class PredictionAlreadyJudged(Conflict):
    code = "prediction_already_judged"
    message = "This prediction already has its verdict."


class ProjectNameTaken(Conflict):
    code = "project_name_taken"
    message = "Another project has this name. Choose another."


class ProjectPublished(Conflict):
    code = "project_published"
    message = (
        "An iteration of this project is published. Unpublish it first, then delete the project."
    )


class PublishedNameTaken(Conflict):
    code = "published_name_taken"
    message = "Another iteration has this published name. Choose another, or ask to replace it."

    @classmethod
    def by(cls, iteration: str, name: str) -> Self:
        """`iteration` is published as `name`, which another one was to get."""
        return cls(
            f"{iteration} is published as “{name}”. Choose another name, or ask to replace it."
        )


class TagNameTaken(Conflict):
    code = "tag_name_taken"
    message = "The project has a tag of this name. Choose another."


class TooFewImages(Conflict):
    code = "too_few_images"
    message = "A tag has too few images to learn from. Add some."


class TooFewTags(Conflict):
    code = "too_few_tags"
    message = "A model needs two tags at least. Create another and give it images."


class TrainingInProgress(Conflict):
    code = "training_in_progress"
    message = "This project is being trained already. Wait for it, or cancel it."


class TrainingNotNeeded(Conflict):
    code = "training_not_needed"
    message = "Nothing changed since the last training. Add or retag images, or force it."


class UsernameTaken(Conflict):
    code = "username_taken"
    message = "This username is taken. Choose another."


class TooLarge(ClassifrError):
    code = "too_large"
    status = 413
    message = "The request is too large."


class ArchiveTooLarge(TooLarge):
    code = "archive_too_large"
    message = "The zip file, or what it unpacks to, is too large. Send it in parts."


class ImageTooLarge(TooLarge):
    code = "image_too_large"
    message = "The image file is too large."


class RequestTooLarge(TooLarge):
    code = "request_too_large"
    message = "The request body is too large."


class TooManyImages(TooLarge):
    code = "too_many_images"
    message = "There are too many images in one request."


class UnsupportedMedia(ClassifrError):
    code = "unsupported_media"
    status = 415
    message = "This kind of content is not accepted."


class ImageFormatUnsupported(UnsupportedMedia):
    code = "image_format_unsupported"
    message = "This is not an image we read. Send a JPEG, PNG, BMP, GIF or WebP file."


class MultipartExpected(UnsupportedMedia):
    code = "multipart_expected"
    message = "Send the image as multipart/form-data, in a field called `image`."


class Unprocessable(ClassifrError):
    code = "unprocessable"
    status = 422
    message = "The request is not shaped as documented."


class ImageMissing(Unprocessable):
    code = "image_missing"
    message = "The form has no file field called `image`."


class ImageTooManyPixels(Unprocessable):
    code = "image_too_many_pixels"
    message = "The image has too many pixels. Send it smaller."


class ImageUnreadable(Unprocessable):
    code = "image_unreadable"
    message = "The image is damaged or incomplete and cannot be read."


class PasswordRejected(Unprocessable):
    code = "password_rejected"
    message = "The password does not meet the rules."


class TooManyAttempts(ClassifrError):
    code = "too_many_attempts"
    status = 429
    message = "Too many failed attempts. Wait, then try again."


class EngineFailed(ClassifrError):
    code = "engine_failed"
    status = 502
    message = "The engine behind this Classifr failed. Tell an admin."


class EngineAnswerUnreadable(EngineFailed):
    code = "engine_answer_unreadable"
    message = (
        "What answers for the engine is not Custom Vision. Check CLASSIFR_AZURE__ENDPOINT and "
        "CLASSIFR_AZURE__PREDICTION_ENDPOINT."
    )


class EngineKeysRefused(EngineFailed):
    code = "engine_keys_refused"
    message = "Custom Vision refuses the key of this Classifr. An admin must correct the settings."


class EngineRetired(EngineFailed):
    code = "engine_retired"
    message = "Custom Vision says that this is gone for good. It may have been retired."


class Unavailable(ClassifrError):
    code = "unavailable"
    status = 503
    message = "The service cannot answer right now. Try again in a moment."
    default_retry_after_seconds = 2


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"
    message = "The database does not answer. Try again in a moment."


class EngineBusy(Unavailable):
    code = "engine_busy"
    message = "Custom Vision takes no more requests for now. Try again in a moment."


class EngineUnavailable(Unavailable):
    code = "engine_unavailable"
    message = "Custom Vision does not answer. Try again in a moment."


class NotReady(Unavailable):
    code = "not_ready"
    message = "The service is still starting. Try again in a moment."


class Overloaded(Unavailable):
    code = "overloaded"
    message = "Too many images are waiting. Try again in a moment."


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"
    message = "The image storage does not answer. Try again in a moment."


class EngineTimeout(ClassifrError):
    code = "engine_timeout"
    status = 504
    message = "Custom Vision took too long to answer. Try again in a moment."


class NotSupported(ClassifrError):
    code = "not_supported"
    status = 501
    message = "The engine behind this Classifr cannot do that."


class StorageFull(ClassifrError):
    code = "storage_full"
    status = 507
    message = "There is no room left to store the image. Nothing was saved; tell an admin."


class SetupError(ClassifrError):
    code = "setup_error"
    message = "Classifr cannot start."


class BackboneInvalid(SetupError):
    code = "backbone_invalid"
    message = "The backbone's weights are damaged. Reinstall the package and try again."


class DatabaseStartFailed(SetupError):
    code = "database_start_failed"
    message = "The embedded PostgreSQL did not start."


class DatabaseToolFailed(SetupError):
    code = "database_tool_failed"
    message = "The database tool failed."


class SettingsInvalid(SetupError):
    code = "settings_invalid"
    message = "A setting is invalid."
