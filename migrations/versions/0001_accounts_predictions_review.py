"""Accounts, predictions and their review."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=4096), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("projects_pkey")),
        sa.UniqueConstraint("name", name=op.f("projects_name_key")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("sign_in_attempts_pkey")),
    )
    op.create_index(
        op.f("sign_in_attempts_window_started_at_idx"),
        "sign_in_attempts",
        ["window_started_at"],
        unique=False,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("role in ('user', 'admin')", name=op.f("users_role_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
    )
    op.create_index(
        "users_username_lower_key", "users", [sa.literal_column("lower(username)")], unique=True
    )
    op.create_table(
        "iterations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("published_name", sa.String(length=256), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("iterations_project_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("iterations_pkey")),
        sa.UniqueConstraint(
            "project_id", "published_name", name=op.f("iterations_project_id_published_name_key")
        ),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("iteration_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("top", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_key", sa.String(length=250), nullable=True),
        sa.Column("verdict", sa.String(length=3), nullable=True),
        sa.Column("verdict_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("correct_tag", sa.String(length=128), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("verdict in ('ok', 'nok')", name=op.f("predictions_verdict_check")),
        sa.ForeignKeyConstraint(
            ["iteration_id"], ["iterations.id"], name=op.f("predictions_iteration_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("predictions_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("predictions_pkey")),
    )
    op.create_index("predictions_created_at_idx", "predictions", ["created_at"], unique=False)
    op.create_index(
        "predictions_pending_idx",
        "predictions",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("image_key is not null and verdict is null"),
    )
    op.create_index("predictions_verdict_at_idx", "predictions", ["verdict_at"], unique=False)
    op.create_table(
        "wrong_predictions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("image_key", sa.String(length=250), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("correct_tag", sa.String(length=128), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("wrong_predictions_prediction_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("wrong_predictions_pkey")),
        sa.UniqueConstraint("prediction_id", name=op.f("wrong_predictions_prediction_id_key")),
    )
    op.create_index(
        "wrong_predictions_created_at_id_idx",
        "wrong_predictions",
        ["created_at", "id"],
        unique=False,
    )
    op.create_index(
        "wrong_predictions_tag_created_at_id_idx",
        "wrong_predictions",
        ["tag", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "wrong_predictions_username_created_at_id_idx",
        "wrong_predictions",
        ["username", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("wrong_predictions_username_created_at_id_idx", table_name="wrong_predictions")
    op.drop_index("wrong_predictions_tag_created_at_id_idx", table_name="wrong_predictions")
    op.drop_index("wrong_predictions_created_at_id_idx", table_name="wrong_predictions")
    op.drop_table("wrong_predictions")
    op.drop_index("predictions_verdict_at_idx", table_name="predictions")
    op.drop_index(
        "predictions_pending_idx",
        table_name="predictions",
        postgresql_where=sa.text("image_key is not null and verdict is null"),
    )
    op.drop_index("predictions_created_at_idx", table_name="predictions")
    op.drop_table("predictions")
    op.drop_table("iterations")
    op.drop_index("users_username_lower_key", table_name="users")
    op.drop_table("users")
    op.drop_index(op.f("sign_in_attempts_window_started_at_idx"), table_name="sign_in_attempts")
    op.drop_table("sign_in_attempts")
    op.drop_table("projects")
