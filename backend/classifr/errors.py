"""Every error a caller can meet, drawn here and mapped to HTTP once, in `error_handlers.py`.

ClassifrError
├── BadRequest (400)
│   ├── CursorInvalid
│   ├── FormUnreadable
│   ├── VerdictImageMismatch
│   └── VerdictImageRequired
├── NotSignedIn (401)
│   ├── CredentialsWrong
│   └── TokenInvalid
├── Forbidden (403)
│   └── AdminOnly
├── NotFound (404)
│   ├── ImageGone
│   ├── PredictionNotFound
│   ├── UserNotFound
│   └── WrongPredictionNotFound
├── Conflict (409)
│   ├── LastAdmin
│   ├── PredictionAlreadyJudged
│   └── UsernameTaken
├── TooLarge (413)
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
├── Unavailable (503)
│   ├── DatabaseUnavailable
│   ├── NotReady
│   ├── Overloaded
│   └── StorageUnavailable
├── StorageFull (507)
└── SetupError: what stops a start or a command; never answered over HTTP
    ├── BackboneInvalid
    ├── DatabaseStartFailed
    ├── DatabaseToolFailed
    └── SettingsInvalid
"""

from typing import ClassVar


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


class CursorInvalid(BadRequest):
    code = "cursor_invalid"
    message = "The cursor was not issued by this list. Start again without it."


class FormUnreadable(BadRequest):
    code = "form_unreadable"
    message = "The form is damaged or incomplete. Send it again as multipart/form-data."


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


class NotFound(ClassifrError):
    code = "not_found"
    status = 404
    message = "There is nothing at this address."


class ImageGone(NotFound):
    code = "image_gone"
    message = "The image is no longer stored."


class PredictionNotFound(NotFound):
    code = "prediction_not_found"
    message = "There is no such prediction of yours."


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


class LastAdmin(Conflict):
    code = "last_admin"
    message = "This is the last active admin. Make another user an admin first."


class PredictionAlreadyJudged(Conflict):
    code = "prediction_already_judged"
    message = "This prediction already has its verdict."


class UsernameTaken(Conflict):
    code = "username_taken"
    message = "This username is taken. Choose another."


class TooLarge(ClassifrError):
    code = "too_large"
    status = 413
    message = "The request is too large."


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


class Unavailable(ClassifrError):
    code = "unavailable"
    status = 503
    message = "The service cannot answer right now. Try again in a moment."
    default_retry_after_seconds = 2


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"
    message = "The database does not answer. Try again in a moment."


class NotReady(Unavailable):
    code = "not_ready"
    message = "The service is still starting. Try again in a moment."


class Overloaded(Unavailable):
    code = "overloaded"
    message = "Too many images are waiting. Try again in a moment."


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"
    message = "The image storage does not answer. Try again in a moment."


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
