"""Jobs: the tables of procrastinate, as the installed version wants them."""

from alembic import op

from classifr.jobs.schema import DROP_SCRIPT, create_script, run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), create_script())


def downgrade() -> None:
    run_script(op.get_bind(), DROP_SCRIPT)
