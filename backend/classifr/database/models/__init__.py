"""One ORM graph, one file a table."""

from classifr.database.models.api_key import ApiKey, Scope
from classifr.database.models.base import Base
from classifr.database.models.embedding import Embedding
from classifr.database.models.iteration import Iteration, IterationExport, IterationTag
from classifr.database.models.prediction import Prediction, StoredTag, Verdict
from classifr.database.models.project import Project
from classifr.database.models.publication import Publication
from classifr.database.models.sign_in_attempts import SignInAttempts
from classifr.database.models.tag import Tag
from classifr.database.models.training_image import ImageTag, TrainingImage
from classifr.database.models.user import Role, User
from classifr.database.models.wrong_prediction import WrongPrediction

__all__ = [
    "ApiKey",
    "Base",
    "Embedding",
    "ImageTag",
    "Iteration",
    "IterationExport",
    "IterationTag",
    "Prediction",
    "Project",
    "Publication",
    "Role",
    "Scope",
    "SignInAttempts",
    "StoredTag",
    "Tag",
    "TrainingImage",
    "User",
    "Verdict",
    "WrongPrediction",
]
