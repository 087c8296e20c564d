"""What every command does first: read the settings and set up the logs."""

import re

from pydantic import ValidationError
from pydantic_settings import SettingsError

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
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = variable_name((field[1],)) if field else "A setting"
        raise SettingsInvalid(f"{name} is no JSON object. {_WHERE}") from error
    except UnicodeDecodeError as error:
        raise SettingsInvalid("The file .env is not UTF-8. Save it anew.") from error
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
