"""One ORM graph, one file a table."""

from classifr.database.models.base import Base
from classifr.database.models.iteration import Iteration
from classifr.database.models.prediction import Prediction, Verdict
from classifr.database.models.project import Project
from classifr.database.models.sign_in_attempts import SignInAttempts
from classifr.database.models.user import Role, User
from classifr.database.models.wrong_prediction import WrongPrediction

__all__ = [
    "Base",
    "Iteration",
    "Prediction",
    "Project",
    "Role",
    "SignInAttempts",
    "User",
    "Verdict",
    "WrongPrediction",
]
