"""What the API or the way to it answers, as errors of the command line."""

import httpx

from classifr.cli.failures import (
    ASKED_WRONGLY,
    FAILED,
    AskedWrongly,
    CommandError,
    reason_and_advice,
)
from classifr.errors import ClassifrError

_BAD_INPUT = frozenset({400, 401, 403, 404, 413, 415, 422})
_DOCTOR = "`classifr doctor` on the server looks for the cause."
_CRASH = ClassifrError.code
_HINTS = {
    "api_key_invalid": "classifr key create NAME --scope train, on the server.",
    "scope_missing": "classifr key create NAME --scope train --scope predict, on the server.",
    "admin_only": "The key's account has to be an admin's.",
    "project_not_found": "`classifr project list` shows the projects.",
    "iteration_not_found": "`classifr iteration list` shows the iterations.",
    "tag_not_found": "`classifr tag list` shows the tags.",
    "iteration_published": "classifr iteration unpublish ITERATION",
    "project_published": "classifr iteration unpublish ITERATION, for each that is published.",
    "training_in_progress": "classifr iteration cancel latest, or wait for it.",
    "training_not_needed": "--force trains all the same.",
    "published_name_taken": "Choose another name, or give it to this one with --replace.",
    "builtin_project": "classifr project create NAME",
}


class ApiError(CommandError):
    """An error that the API answered. code: as in its documentation."""

    def __init__(
        self, reason: str, *, hint: str, exit_code: int, code: str, status: int, wait: float | None
    ) -> None:
        """wait: seconds after which it is worth another try, if it is."""
        super().__init__(reason, hint=hint, exit_code=exit_code)
        self.code = code
        self.status = status
        self.wait = wait


class Unreachable(CommandError):
    """Nothing answered. is_sent: the request may have arrived all the same."""

    def __init__(self, reason: str, *, hint: str, is_sent: bool) -> None:
        super().__init__(reason, hint=hint)
        self.is_sent = is_sent


def api_error(response: httpx.Response, where: str, *, crash_hint: str) -> ApiError:
    """The error in an answer, whoever gave it. crash_hint: what to do about a defect of ours."""
    status = response.status_code
    try:
        body = response.json()
        code, detail = str(body["error"]), str(body["detail"])
    except (ValueError, LookupError, TypeError):
        return _foreign_error(response, where)
    # Who is behind Classifr refuses it, or is gone: that does not pass by itself.
    wait = None if status == httpx.codes.BAD_GATEWAY else _wait(response)
    return _known_error(code, detail, status, wait, crash_hint)


def engine_error(error: ClassifrError) -> ApiError:
    """What the API would have answered."""
    return _known_error(error.code, error.detail, error.status, error.retry_after_seconds, _DOCTOR)


def _known_error(
    code: str, detail: str, status: int, wait: float | None, crash_hint: str
) -> ApiError:
    reason, advice = reason_and_advice(detail)
    return ApiError(
        reason,
        hint=crash_hint if code == _CRASH else _HINTS.get(code) or advice or _DOCTOR,
        exit_code=ASKED_WRONGLY if status in _BAD_INPUT else FAILED,
        code=code,
        status=status,
        wait=wait,
    )


def connection_error(error: httpx.TransportError, where: str) -> Unreachable:
    """Why there is no answer."""
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Unreachable(
            f"{where} did not answer in time.",
            hint="Check the address, the network and the firewall.",
            is_sent=False,
        )
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(
            f"{where} took too long to answer.",
            hint="It may still be at work: look before you try again.",
            is_sent=True,
        )
    if isinstance(error, httpx.ConnectError):
        return Unreachable(
            f"Nothing answers at {where}: {_cause(error)}.",
            hint="Check the address, and that `classifr serve` runs there.",
            is_sent=False,
        )
    return Unreachable(
        f"The connection to {where} broke: {_cause(error)}.",
        hint="Try again; what was done before stays.",
        is_sent=True,
    )


def not_classifr(where: str) -> CommandError:
    """Something else answers there."""
    return AskedWrongly(
        f"What answers at {where} is not Classifr.",
        hint="Give the address that a browser shows for its page, as --api-url.",
    )


def _foreign_error(response: httpx.Response, where: str) -> ApiError:
    """An error that a web server in front gave, or a server that is no Classifr."""
    status = response.status_code
    phrase = f"{status} {response.reason_phrase}".strip()
    if response.is_redirect:
        reason = f"{where} sends on to {response.headers.get('location', 'elsewhere')}."
        hint = "Give that address as --api-url; a key is never sent on."
    elif status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        reason = f"The web server in front of {where} does not take so large a request."
        hint = "Raise its limit; for nginx: client_max_body_size 400m"
    elif status >= 500:
        reason = f"{where} answered {phrase}."
        hint = "Try again in a moment; the server's log says why."
    else:
        reason = f"{where} answered {phrase}, which is no answer of Classifr."
        hint = "Give the address that a browser shows for its page, as --api-url."
    return ApiError(
        reason,
        hint=hint,
        exit_code=ASKED_WRONGLY if status < 500 else FAILED,
        code="",
        status=status,
        wait=_wait(response),
    )


def _wait(response: httpx.Response) -> float | None:
    if response.status_code not in (502, 503, 504):
        return None
    seconds = response.headers.get("retry-after", "")
    return float(seconds) if seconds.isdigit() else 1.0


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__
