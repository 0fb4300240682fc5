"""The idiomatic service: FastAPI, SQLAlchemy 2 with asyncpg, a token and a tenant filter.

It has no roles, no row-level security, no limits, no audit events, no idempotency and no
log of decisions. What it does have is written as the documentation of its libraries does.
"""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import DateTime, FetchedValue, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from benchmarks.peers import AUDIENCE, ISSUER, MEMBER_CLAIM, POOL, TENANT_CLAIM


class Base(DeclarativeBase):
    """The mapped classes."""

    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True)}


class Invoice(Base):
    """A row of the table that the emitted migration makes."""

    __tablename__ = "invoice"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    version: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    owner_id: Mapped[UUID]
    number: Mapped[str]
    title: Mapped[str]
    customer_id: Mapped[UUID]
    region: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    total: Mapped[int | None]
    issued_on: Mapped[date | None]
    due_on: Mapped[date]
    paid_at: Mapped[datetime | None]
    network_id: Mapped[UUID | None]

    # What the database sets is returned by the statement itself, without a second one.
    __mapper_args__ = {"version_id_col": version, "eager_defaults": True}  # noqa: RUF012
    __table_args__ = {"schema": "invoicing"}  # noqa: RUF012


class InvoiceOut(BaseModel):
    """An invoice as an answer."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    owner_id: UUID
    number: str
    customer_id: UUID
    region: Literal["eu", "us"]
    status: Literal["draft", "sent", "paid", "void"]
    total: int | None
    issued_on: date | None
    due_on: date
    paid_at: datetime | None
    network_id: UUID | None
    title: str


class InvoicePage(BaseModel):
    """The newest invoices, and the cursor of those after them."""

    items: list[InvoiceOut]
    next_cursor: str | None


class InvoiceCreate(BaseModel):
    """What a caller says of a new invoice."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=16, pattern=r"^[A-Z]{2,4}-[0-9]{4,8}$")
    title: str = Field(max_length=200)
    customer_id: UUID
    region: Literal["eu", "us"]
    due_on: date


class InvoicePatch(BaseModel):
    """What a caller may change."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, max_length=200)
    customer_id: UUID | None = None
    due_on: date | None = None


class Principal(BaseModel):
    """The verified caller."""

    tenant_id: UUID
    member_id: UUID


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the pool and reads the issuer's key, where DATABASE_URL and KEY_SET say."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    (key,) = json.loads(Path(os.environ["KEY_SET"]).read_text(encoding="utf-8"))["keys"]
    app.state.key = jwt.PyJWK(key)
    yield
    await engine.dispose()


async def database_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with request.app.state.sessions() as session:
        yield session


async def current_principal(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> Principal:
    """The caller, whose token is verified at each request."""
    try:
        claims = jwt.decode(
            credentials.credentials,
            request.app.state.key,
            algorithms=["ES256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return Principal(tenant_id=claims[TENANT_CLAIM], member_id=claims[MEMBER_CLAIM])
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"}
        ) from None


Session = Annotated[AsyncSession, Depends(database_session)]
Caller = Annotated[Principal, Depends(current_principal)]

app = FastAPI(title="Invoicing", lifespan=lifespan)


async def find(session: AsyncSession, caller: Principal, invoice_id: UUID) -> Invoice:
    """The invoice of the caller's tenant; 404 without one."""
    invoice = await session.scalar(
        select(Invoice).where(Invoice.tenant_id == caller.tenant_id, Invoice.id == invoice_id)
    )
    if invoice is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return invoice


@app.get("/invoices", response_model=InvoicePage)
async def list_invoices(
    session: Session, caller: Caller, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> dict[str, object]:
    """The newest invoices, and the cursor of those after them."""
    found = await session.scalars(
        select(Invoice)
        .where(Invoice.tenant_id == caller.tenant_id)
        .order_by(Invoice.created_at.desc(), Invoice.id.desc())
        .limit(limit + 1)
    )
    rows = found.all()
    cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        key = json.dumps([last.created_at.isoformat(), str(last.id)])
        cursor = urlsafe_b64encode(key.encode()).decode()
    return {"items": rows[:limit], "next_cursor": cursor}


@app.get("/invoices/{invoice_id}", response_model=InvoiceOut)
async def read_invoice(
    invoice_id: UUID, session: Session, caller: Caller, response: Response
) -> Invoice:
    """One invoice."""
    invoice = await find(session, caller, invoice_id)
    response.headers["ETag"] = f'"{invoice.version}"'
    return invoice


@app.post("/invoices", response_model=InvoiceOut, status_code=status.HTTP_201_CREATED)
async def create_invoice(
    body: InvoiceCreate, session: Session, caller: Caller, response: Response
) -> Invoice:
    """A new invoice of the caller's."""
    invoice = Invoice(**body.model_dump(), tenant_id=caller.tenant_id, owner_id=caller.member_id)
    session.add(invoice)
    await session.commit()
    response.headers["Location"] = f"/invoices/{invoice.id}"
    response.headers["ETag"] = f'"{invoice.version}"'
    return invoice


@app.patch("/invoices/{invoice_id}", response_model=InvoiceOut)
async def update_invoice(
    invoice_id: UUID,
    body: InvoicePatch,
    session: Session,
    caller: Caller,
    response: Response,
    if_match: Annotated[str, Header()],
) -> Invoice:
    """Changes the version that the caller saw; 412 where somebody was faster."""
    invoice = await find(session, caller, invoice_id)
    if if_match != f'"{invoice.version}"':
        raise HTTPException(status.HTTP_412_PRECONDITION_FAILED)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(invoice, name, value)
    try:
        await session.commit()
    except StaleDataError:
        raise HTTPException(status.HTTP_412_PRECONDITION_FAILED) from None
    response.headers["ETag"] = f'"{invoice.version}"'
    return invoice
