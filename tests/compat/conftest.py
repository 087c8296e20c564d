"""One `classifr serve` for the suite, the keys of a script, and the official clients."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import SPECS, Access, Answers, Wire, prediction_client, training_client
from tests.compat.openapi import FOLDER
from tests.compat.photos import photo_server
from tests.compat.projects import Trained, delete_project, fill, train
from tests.ids import FOOD
from tests.integration.cli import ADMIN_PASSWORD, Server, run

#: Seeds of the photos that the shared project is trained on, of each tag.
SEEDS = range(12)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not checked, which no test can fail for."""
    if not SPECS.all:
        terminalreporter.write_line(
            f"{FOLDER} is not there: no answer was compared with the published files."
        )


@pytest.fixture(scope="session")
def photo_web() -> Iterator[str]:
    """A web server with photos."""
    with photo_server() as address:
        yield address


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """The data folder of the server."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def access(data_dir: Path, photo_web: str) -> Iterator[Access]:
    """A running server, and what a script needs to work with it."""
    settings = {
        "CLASSIFR_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "CLASSIFR_TRAINING__MAX_TAGS": "30",
        # The web server with photos is on this machine.
        "CLASSIFR_FETCH__ALLOWED_HOSTS": photo_web.removeprefix("http://"),
    }
    with Server(data_dir, **settings) as server:
        endpoint = server.url()
        yield Access(
            endpoint,
            training_key=make_key(data_dir, "train"),
            prediction_key=make_key(data_dir, "predict"),
        )


def make_key(data_dir: Path, *scopes: str) -> str:
    """A key as people make it."""
    options = [word for scope in scopes for word in ("--scope", scope)]
    made = run("key", "create", *options, "--quiet", data_dir=data_dir)
    assert made.returncode == 0, made.stderr
    return made.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def answers() -> Answers:
    """What the server answered, newest last."""
    return Answers()


@pytest.fixture(scope="session")
def training(access: Access, answers: Answers) -> Iterator[CustomVisionTrainingClient]:
    """The official training client."""
    with training_client(access, answers) as client:
        yield client


@pytest.fixture(scope="session")
def prediction(access: Access, answers: Answers) -> Iterator[CustomVisionPredictionClient]:
    """The official prediction client."""
    with prediction_client(access, answers) as client:
        yield client


@pytest.fixture(scope="session")
def wire(access: Access, answers: Answers) -> Iterator[Wire]:
    """Any other client."""
    wire = Wire(access, answers)
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def straying_wire(access: Access) -> Iterator[Wire]:
    """A client that strays from what is published; its answers are checked all the same."""
    wire = Wire(access, Answers(checks_requests=False))
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def trained(training: CustomVisionTrainingClient, access: Access) -> Iterator[Trained]:
    """A published project of two tags; tests leave it as it is."""
    made = training.create_project(
        "Italian food", "Two dishes", domain_id=FOOD, classification_type=m.Classifier.multiclass
    )
    tags = fill(training, made.id, {"cannoli": SEEDS, "risotto": SEEDS})
    iteration = train(training, made.id)
    training.publish_iteration(made.id, iteration.id, "dishes", access.resource_id)
    iteration = training.get_iteration(made.id, iteration.id)
    yield Trained(made, tags, iteration, "dishes")
    delete_project(training, made.id)
