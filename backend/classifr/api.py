"""Every router, a line each, and the one route that is in none of them."""

from fastapi import FastAPI

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

# FastAPI walks through all that stands before a route at each request, and again for every
# router within a router: so all are included side by side, what is asked for most first.
ROUTERS = (
    predictions.router,
    feedback.verdicts,
    accounts.auth,
    accounts.users,
    keys.router,
    feedback.review,
    projects.router,
    project_tags.router,
    images.router,
    iterations.router,
    publishing.router,
    reports.router,
    monitoring.verdicts,
    monitoring.engine,
    monitoring.health,
)


def include_routers(app: FastAPI) -> None:
    """Serve every route."""
    # What is asked for most stands among the application's own routes: FastAPI would look it up
    # in a router a second time.
    app.router.routes.extend(predictions.single.routes)
    for router in ROUTERS:
        app.include_router(router, responses=error_responses(ClassifrError))
