"""Find the predictions whose time has passed, and those that wait for a verdict, past all kept."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PENDING = "image_key is not null and verdict is null"


def upgrade() -> None:
    _index_pending(f"{_PENDING} and kept_until is null")
    op.create_index(
        "predictions_kept_until_idx",
        "predictions",
        ["kept_until"],
        postgresql_where=sa.text("kept_until is not null"),
    )


def downgrade() -> None:
    op.drop_index(
        "predictions_kept_until_idx",
        table_name="predictions",
        postgresql_where=sa.text("kept_until is not null"),
    )
    _index_pending(_PENDING)


def _index_pending(condition: str) -> None:
    op.drop_index("predictions_pending_idx", table_name="predictions")
    op.create_index(
        "predictions_pending_idx",
        "predictions",
        ["created_at"],
        postgresql_where=sa.text(condition),
    )
