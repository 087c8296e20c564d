"""Training: tags, images, embeddings, the life of iterations, API keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embeddings",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("backbone", sa.String(length=200), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "backbone", name=op.f("embeddings_pkey")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("api_keys_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("api_keys_key_sha256_key")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=4096), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("type in ('Regular', 'Negative')", name=op.f("tags_type_check")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("tags_project_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("tags_pkey")),
    )
    op.create_index(
        "tags_negative_key",
        "tags",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("type = 'Negative'"),
    )
    op.create_index("tags_project_id_name_key", "tags", ["project_id", "name"], unique=True)
    op.create_table(
        "training_images",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("image_key", sa.String(length=250), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("is_untagged", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("training_images_project_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("training_images_pkey")),
        sa.UniqueConstraint(
            "project_id", "sha256", name=op.f("training_images_project_id_sha256_key")
        ),
    )
    op.create_index(
        "training_images_project_id_id_idx",
        "training_images",
        ["project_id", "id"],
        unique=False,
    )
    op.create_index("training_images_sha256_idx", "training_images", ["sha256"], unique=False)
    op.create_index(
        "training_images_untagged_idx",
        "training_images",
        ["project_id", "id"],
        unique=False,
        postgresql_where=sa.text("is_untagged"),
    )
    op.create_table(
        "image_tags",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["training_images.id"],
            name=op.f("image_tags_image_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("image_tags_tag_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "tag_id", name=op.f("image_tags_pkey")),
    )
    op.create_index(
        "image_tags_tag_id_image_id_idx", "image_tags", ["tag_id", "image_id"], unique=False
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("iteration_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("unpublished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["iteration_id"], ["iterations.id"], name=op.f("publications_iteration_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("publications_project_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("publications_pkey")),
    )
    op.create_index(
        "publications_project_id_name_published_at_idx",
        "publications",
        ["project_id", "name", "published_at"],
        unique=False,
    )
    op.add_column(
        "iterations", sa.Column("number", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "iterations",
        sa.Column(
            "status", sa.String(length=10), server_default=sa.text("'completed'"), nullable=False
        ),
    )
    op.add_column(
        "iterations",
        sa.Column(
            "training_type",
            sa.String(length=10),
            server_default=sa.text("'Regular'"),
            nullable=False,
        ),
    )
    op.add_column("iterations", sa.Column("budget_hours", sa.Integer(), nullable=True))
    op.add_column("iterations", sa.Column("stage", sa.String(length=12), nullable=True))
    op.add_column(
        "iterations",
        sa.Column("progress", sa.Double(), server_default=sa.text("1"), nullable=False),
    )
    op.add_column("iterations", sa.Column("seconds_left", sa.Double(), nullable=True))
    op.add_column(
        "iterations",
        sa.Column(
            "is_cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.add_column("iterations", sa.Column("error", sa.String(length=1024), nullable=True))
    op.add_column(
        "iterations",
        sa.Column(
            "tags",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "iterations",
        sa.Column("image_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("iterations", sa.Column("backbone", sa.String(length=200), nullable=True))
    op.add_column("iterations", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column(
        "iterations", sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "iterations", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("iterations", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("iterations", sa.Column("trained_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("iterations", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "iterations_in_progress_key",
        "iterations",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("status in ('queued', 'training')"),
    )
    op.create_unique_constraint(
        op.f("iterations_project_id_number_key"), "iterations", ["project_id", "number"]
    )
    op.add_column(
        "projects",
        sa.Column(
            "classification_type",
            sa.String(length=10),
            server_default=sa.text("'Multiclass'"),
            nullable=False,
        ),
    )
    op.add_column(
        "projects",
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "projects",
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.add_column("projects", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("projects_name_key"), "projects", type_="unique")
    op.create_index(
        "projects_name_key",
        "projects",
        ["name"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "projects_default_key",
        "projects",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    # What was there before gets these values; new rows get theirs from the models.
    for column in (
        "number",
        "status",
        "training_type",
        "progress",
        "is_cancel_requested",
        "tags",
        "image_count",
    ):
        op.alter_column("iterations", column, server_default=None)
    for column in ("classification_type", "is_default"):
        op.alter_column("projects", column, server_default=None)
    op.create_check_constraint(
        op.f("iterations_status_check"),
        "iterations",
        "status in ('queued', 'training', 'completed', 'failed', 'cancelled')",
    )
    op.create_check_constraint(
        op.f("projects_classification_type_check"),
        "projects",
        "classification_type in ('Multiclass', 'Multilabel')",
    )
    # The one project there was, the built-in one, answers until another is published.
    op.execute("update projects set is_default = true")
    # Random bits: trying to compress them only takes time.
    op.execute("alter table embeddings alter column vector set storage external")


def downgrade() -> None:
    op.drop_constraint(op.f("projects_classification_type_check"), "projects", type_="check")
    op.drop_constraint(op.f("iterations_status_check"), "iterations", type_="check")
    # A deleted project may bear the name of another.
    op.execute(
        "update projects set name = left(name, 200) || ' ' || id where deleted_at is not null"
    )
    op.drop_index(
        "projects_default_key", table_name="projects", postgresql_where=sa.text("is_default")
    )
    op.drop_index(
        "projects_name_key", table_name="projects", postgresql_where=sa.text("deleted_at is null")
    )
    op.create_unique_constraint(op.f("projects_name_key"), "projects", ["name"])
    op.drop_column("projects", "deleted_at")
    op.drop_column("projects", "updated_at")
    op.drop_column("projects", "is_default")
    op.drop_column("projects", "classification_type")
    op.drop_constraint(op.f("iterations_project_id_number_key"), "iterations", type_="unique")
    op.drop_index(
        "iterations_in_progress_key",
        table_name="iterations",
        postgresql_where=sa.text("status in ('queued', 'training')"),
    )
    op.drop_column("iterations", "deleted_at")
    op.drop_column("iterations", "trained_at")
    op.drop_column("iterations", "started_at")
    op.drop_column("iterations", "published_at")
    op.drop_column("iterations", "summary")
    op.drop_column("iterations", "fingerprint")
    op.drop_column("iterations", "backbone")
    op.drop_column("iterations", "image_count")
    op.drop_column("iterations", "tags")
    op.drop_column("iterations", "error")
    op.drop_column("iterations", "is_cancel_requested")
    op.drop_column("iterations", "seconds_left")
    op.drop_column("iterations", "progress")
    op.drop_column("iterations", "stage")
    op.drop_column("iterations", "budget_hours")
    op.drop_column("iterations", "training_type")
    op.drop_column("iterations", "status")
    op.drop_column("iterations", "number")
    op.drop_index("publications_project_id_name_published_at_idx", table_name="publications")
    op.drop_table("publications")
    op.drop_index("image_tags_tag_id_image_id_idx", table_name="image_tags")
    op.drop_table("image_tags")
    op.drop_index(
        "training_images_untagged_idx",
        table_name="training_images",
        postgresql_where=sa.text("is_untagged"),
    )
    op.drop_index("training_images_sha256_idx", table_name="training_images")
    op.drop_index("training_images_project_id_id_idx", table_name="training_images")
    op.drop_table("training_images")
    op.drop_index("tags_project_id_name_key", table_name="tags")
    op.drop_index(
        "tags_negative_key", table_name="tags", postgresql_where=sa.text("type = 'Negative'")
    )
    op.drop_table("tags")
    op.drop_table("api_keys")
    op.drop_table("embeddings")
