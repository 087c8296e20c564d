"""What every command does first: read the settings and set up the logs."""

from pydantic import ValidationError

from classifr.errors import SettingsInvalid
from classifr.logs import configure_logs
from classifr.settings import Settings

QUIET_LEVEL = "WARNING"
VERBOSE_LEVEL = "DEBUG"


def load_settings(*, verbose: bool = False) -> Settings:
    """The settings. Raises: SettingsInvalid, naming the environment variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        problems = [
            f"{variable_name(problem['loc'])} is not valid: {_lower_first(problem['msg'])}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsInvalid(f"{'; '.join(problems)}. {_WHERE}") from error
    except ValueError as error:  # pydantic-settings' own, or a `.env` that is not UTF-8.
        raise SettingsInvalid(f"The settings cannot be read: {error}. {_WHERE}") from error
    return settings.model_copy(update={"log_level": VERBOSE_LEVEL}) if verbose else settings


def quiet_settings(*, verbose: bool = False) -> Settings:
    """The settings of a command that is not the server: it logs warnings, unless told otherwise.

    Raises: SettingsInvalid.
    """
    settings = load_settings(verbose=verbose)
    if not verbose and "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": QUIET_LEVEL})
    configure_logs(settings)
    return settings


def variable_name(location: tuple[str | int, ...]) -> str:
    """The environment variable of a setting, from pydantic's location of it."""
    return "CLASSIFR_" + "__".join(str(part) for part in location).upper()


_WHERE = "Correct it in the environment or in .env."


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
