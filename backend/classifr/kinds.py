"""The kinds of things that the port, the tables and every dialect speak of.

Most of the words are Custom Vision's.
"""

from enum import StrEnum


class Capability(StrEnum):
    """What not every engine can do. The page hides what the present one cannot."""

    BUILTIN = "builtin"  #: It answers before anything was trained.
    NOVELTY = "novelty"  #: It can tell that an image shows none of the tags.
    ROLL_BACK = "roll_back"  #: It knows which iteration was published before.
    DEFAULT_PROJECT = "default_project"  #: Which project answers by default can be chosen.
    ARCHIVES = "archives"  #: Zip files of images, taken whole.
    CANCEL = "cancel"  #: A training can be stopped.
    PROGRESS = "progress"  #: It tells how far a training is.
    CUSTOM_VISION = "custom_vision"  #: It is served in Custom Vision's dialect.


class ClassificationType(StrEnum):
    """How many tags an image may have."""

    MULTICLASS = "Multiclass"  #: One; Custom Vision's clients may give it several.
    MULTILABEL = "Multilabel"  #: Any number.


class ProjectStatus(StrEnum):
    """Whether a project is whole."""

    SUCCEEDED = "Succeeded"
    IMPORTING = "Importing"  #: It is being copied from another one.
    FAILED = "Failed"  #: Copying it failed.


class TagType(StrEnum):
    """What a tag stands for."""

    REGULAR = "Regular"  #: Something the image shows.
    NEGATIVE = "Negative"  #: None of the regular tags; at most one in a project.


class TrainingType(StrEnum):
    """How much is spent on an iteration."""

    REGULAR = "Regular"  #: Seconds to minutes.
    ADVANCED = "Advanced"  #: More views of each image, within a budget.


class IterationStatus(StrEnum):
    """How far an iteration is."""

    QUEUED = "queued"  #: Waits for a worker.
    TRAINING = "training"  #: A worker is at it.
    COMPLETED = "completed"  #: It can be published.
    FAILED = "failed"  #: `error` says why.
    CANCELLED = "cancelled"  #: Somebody stopped it.


#: Those that a worker is at, or will be.
IN_PROGRESS = (IterationStatus.QUEUED, IterationStatus.TRAINING)

#: Stands for the newest iteration that is trained, or else for the newest.
LATEST = "latest"


class TrainingStage(StrEnum):
    """What a worker does for an iteration now."""

    EMBEDDING = "embedding"  #: The backbone looks at the images that are new to it.
    FITTING = "fitting"  #: The head is fitted and calibrated.
    EVALUATING = "evaluating"  #: The held-out images are scored.
    STORING = "storing"  #: The model is written.


class ImageOrder(StrEnum):
    """In which order images are listed, by when they were added."""

    NEWEST = "Newest"
    OLDEST = "Oldest"
