"""Every router, a line each."""

from fastapi import APIRouter

from classifr.accounts import endpoints as accounts
from classifr.accounts import key_endpoints as keys
from classifr.errors import ClassifrError
from classifr.feedback import endpoints as feedback
from classifr.monitoring import endpoints as monitoring
from classifr.openapi import error_responses
from classifr.predictions import endpoints as predictions
from classifr.training.images import endpoints as images
from classifr.training.iterations import endpoints as iterations
from classifr.training.iterations import publishing_endpoints as publishing
from classifr.training.iterations import report_endpoints as reports
from classifr.training.projects import endpoints as projects
from classifr.training.tags import endpoints as project_tags

router = APIRouter(responses=error_responses(ClassifrError))
router.include_router(accounts.auth)
router.include_router(accounts.users)
router.include_router(keys.router)
router.include_router(predictions.router)
router.include_router(feedback.verdicts)
router.include_router(feedback.review)
router.include_router(projects.router)
router.include_router(project_tags.router)
router.include_router(images.router)
router.include_router(iterations.router)
router.include_router(publishing.router)
router.include_router(reports.router)
router.include_router(monitoring.verdicts)
router.include_router(monitoring.engine)
router.include_router(monitoring.health)
