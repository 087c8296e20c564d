"""Which project another is a copy of, so that a copy that was interrupted goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("copied_from", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("projects", "copied_from")
