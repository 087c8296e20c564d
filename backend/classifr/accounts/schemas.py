"""What the account routes take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from classifr.database.models import ApiKey, Role, Scope, User

Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=50, pattern=r"^[A-Za-z0-9._@+-]+$"),
    Field(examples=["lucia"], description="1 to 50 of A-Z a-z 0-9 . _ @ + -"),
]
Password = Annotated[str, Field(min_length=1)]


class TokenRead(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="Seconds until it expires.", examples=[28800])


class UserRead(BaseModel):
    """An account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str = Field(examples=["lucia"])
    role: Role
    is_disabled: bool
    created_at: datetime


class UserCreate(BaseModel):
    """A new account. Without a password, one is generated and shown once."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"username": "lucia", "role": "user"}]}
    )

    username: Username
    role: Role = Role.USER
    password: Password | None = None


class UserUpdate(BaseModel):
    """What an admin changes on an account; absent fields stay."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"role": "admin"}, {"is_disabled": True}]},
    )

    role: Role | None = None
    is_disabled: bool | None = None


class PasswordChange(BaseModel):
    """One's own new password."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"current_password": "the old one", "new_password": "a new, longer one"}]
        }
    )

    current_password: Password
    new_password: Password


class PasswordReset(BaseModel):
    """A new password set by an admin; generated if absent."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"password": "a new, longer one"}]}
    )

    password: Password | None = None


class UserWithPassword(BaseModel):
    """An account and, if it was generated just now, its password. It is not shown again."""

    user: UserRead
    password: str | None = Field(None, examples=["k3tqz-8mwpa-5xrne-v7hcd"])


class UserPage(BaseModel):
    """Accounts, oldest first."""

    items: list[UserRead]
    next: str | None = Field(None, description="Cursor of the next page; null on the last.")


class KeyCreate(BaseModel):
    """A new API key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "nightly training", "scopes": ["train"]}]},
    )

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
        Field(
            pattern=r"^[^\x00-\x1f\x7f-\x9f]+$",
            examples=["nightly training"],
            description="What the key is for.",
        ),
    ]
    scopes: Annotated[
        list[Scope],
        Field(
            min_length=1,
            max_length=len(Scope),
            description="`predict`: classify and judge; `train`: projects, tags, images, "
            "iterations.",
        ),
    ]


class KeyRead(BaseModel):
    """An API key, without its secret."""

    id: int
    name: str = Field(examples=["nightly training"])
    prefix: str = Field(description="How the key begins.", examples=["clf_8fJ2kQ0x"])
    scopes: list[Scope]
    username: str = Field(description="The account it acts for.", examples=["admin"])
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute; null: never.")


class KeyWithSecret(KeyRead):
    """A key that was just made. It is not shown again."""

    key: str = Field(examples=["clf_8fJ2kQ0xS8wTz3vN5hYbLr6cPm1aUe9dGi4oXqR7tWk"])


class KeyPage(BaseModel):
    """API keys, oldest first."""

    items: list[KeyRead]
    next: str | None = Field(None, description="Cursor of the next page; null on the last.")


def key_read(key: ApiKey, owner: User) -> KeyRead:
    """A key as it is shown."""
    return KeyRead(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=[Scope(scope) for scope in key.scopes],
        username=owner.username,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
    )
