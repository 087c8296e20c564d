"""What Custom Vision's clients keep in projects, images, iterations and predictions.

Predictions bear the names of what answered, which may be another engine's.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("domain_id", sa.Uuid()))
    _add("projects", "settings", postgresql.JSONB(), "'{}'")
    _add("projects", "status", sa.String(10), "'Succeeded'")
    op.create_check_constraint(
        op.f("projects_status_check"), "projects", "status in ('Succeeded', 'Importing', 'Failed')"
    )
    _add("training_images", "metadata", postgresql.JSONB(), "'{}'")
    op.add_column("iterations", sa.Column("selected_tag_ids", postgresql.ARRAY(sa.Uuid())))
    op.add_column("iterations", sa.Column("publish_resource_id", sa.String(512)))
    _add("iterations", "exports", postgresql.JSONB(), "'[]'")
    op.add_column(
        "iterations",
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.execute("update iterations set updated_at = coalesce(trained_at, created_at)")
    _change_predictions()


def _add(table: str, name: str, type_: sa.types.TypeEngine[object], first: str) -> None:
    """A column that old rows need a value for, and new ones always bring."""
    op.add_column(table, sa.Column(name, type_, nullable=False, server_default=sa.text(first)))
    op.alter_column(table, name, server_default=None)


def _change_predictions() -> None:
    op.add_column("predictions", sa.Column("project_id", sa.Uuid()))
    op.add_column("predictions", sa.Column("project", sa.String(256)))
    op.add_column("predictions", sa.Column("iteration", sa.String(256)))
    op.add_column("predictions", sa.Column("kept_until", sa.DateTime(timezone=True)))
    op.add_column("predictions", sa.Column("application", sa.String(256)))
    op.execute(
        """
        update predictions
        set project_id = p.id, project = p.name, iteration = i.name
        from iterations i join projects p on p.id = i.project_id
        where i.id = predictions.iteration_id
        """
    )
    for name in ("project_id", "project", "iteration"):
        op.alter_column("predictions", name, nullable=False)
    op.drop_constraint(op.f("predictions_iteration_id_fkey"), "predictions", type_="foreignkey")
    op.create_index(
        "predictions_kept_idx",
        "predictions",
        ["project_id", "created_at", "id"],
        postgresql_where=sa.text("kept_until is not null"),
    )


def downgrade() -> None:
    op.drop_index(
        "predictions_kept_idx",
        table_name="predictions",
        postgresql_where=sa.text("kept_until is not null"),
    )
    # What another engine answered has no place there.
    op.execute(
        """
        delete from wrong_predictions where prediction_id in (
            select id from predictions where iteration_id not in (select id from iterations)
        )
        """
    )
    op.execute("delete from predictions where iteration_id not in (select id from iterations)")
    op.create_foreign_key(
        op.f("predictions_iteration_id_fkey"),
        "predictions",
        "iterations",
        ["iteration_id"],
        ["id"],
    )
    for name in ("application", "kept_until", "iteration", "project", "project_id"):
        op.drop_column("predictions", name)
    for name in ("updated_at", "exports", "publish_resource_id", "selected_tag_ids"):
        op.drop_column("iterations", name)
    op.drop_column("training_images", "metadata")
    op.drop_constraint(op.f("projects_status_check"), "projects", type_="check")
    for name in ("status", "settings", "domain_id"):
        op.drop_column("projects", name)
