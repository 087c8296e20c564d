"""What a project can be about: /domains. All are learnt by the same backbone here."""

from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter

from classifr.customvision.access import KeyFirst, TrainingKey
from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.wire import WireModel

router = APIRouter(prefix="/domains", route_class=KeyFirst)


class DomainType(StrEnum):
    """What a domain's models find in an image."""

    CLASSIFICATION = "Classification"
    OBJECT_DETECTION = "ObjectDetection"


class Domain(WireModel):
    """A domain of Custom Vision."""

    id: UUID
    name: str
    type: DomainType
    exportable: bool
    enabled: bool = True
    exportable_platforms: list[str]
    model_information: None = None


GENERAL = UUID("ee85a74c-405e-4adc-bb47-ffa8ca0c9f31")  #: Of a project that names none.

_CLASSIFICATION = {
    "2e37d7fb-3a54-486a-b4d6-cfc369af0018": "General [A2]",
    "a8e3c40f-fb4a-466f-832a-5e457ae4a344": "General [A1]",
    "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31": "General",
    "c151d5b5-dd07-472a-acc8-15d29dea8518": "Food",
    "ca455789-012d-4b50-9fec-5bb63841c793": "Landmarks",
    "b30a91ae-e3c1-4f73-a81e-c270bff27c39": "Retail",
    "45badf75-3591-4f26-a705-45678d3e9f5f": "Adult",
    "a1db07ca-a19a-4830-bae8-e004a42dc863": "General (compact) [S1]",
    "0732100f-1a38-4e49-a514-c9b44c697ab5": "General (compact)",
    "8882951b-82cd-4c32-970b-d5f8cb8bf6d7": "Food (compact)",
    "b5cfd229-2ac7-4b2b-8d0a-2b0661344894": "Landmarks (compact)",
    "6b4faeda-8396-481b-9f8b-177b9fa3097f": "Retail (compact)",
}
#: Listed, because clients look them up; a project cannot be made in one.
_OBJECT_DETECTION = {
    "9c616dff-2e7d-ea11-af59-1866da359ce6": "General [A1]",
    "da2e3a8a-40a5-4171-82f4-58522f70fbc1": "General",
    "1d8ffafe-ec40-4fb2-8f90-72b3b6cecea4": "Logo",
    "3780a898-81c3-4516-81ae-3a139614e1f3": "Products on Shelves",
    "a27d5ca5-bb19-49d8-a70a-fec086c47f5b": "General (compact)",
    "7ec2ac80-887b-48a6-8df9-8b1357765430": "General (compact) [S1]",
}


def _domain(domain_id: str, name: str, kind: DomainType) -> Domain:
    # Every model can be taken away here; clients that look for one look for "compact".
    is_compact = "(compact)" in name and kind is DomainType.CLASSIFICATION
    return Domain(
        id=UUID(domain_id),
        name=name,
        type=kind,
        exportable=is_compact,
        enabled=kind is DomainType.CLASSIFICATION,
        exportable_platforms=["ONNX"] if is_compact else [],
    )


DOMAINS = {
    domain.id: domain
    for kind, names in (
        (DomainType.CLASSIFICATION, _CLASSIFICATION),
        (DomainType.OBJECT_DETECTION, _OBJECT_DETECTION),
    )
    for domain in (_domain(domain_id, name, kind) for domain_id, name in names.items())
}


@router.get("")
async def get_domains(_: TrainingKey) -> list[Domain]:
    """All of them, classification first."""
    return list(DOMAINS.values())


@router.get("/{domain_id}")
async def get_domain(_: TrainingKey, domain_id: UUID) -> Domain:
    """One of them. Raises: Refused (NotFoundDomain)."""
    if domain_id not in DOMAINS:
        raise Refused(ErrorCode.NOT_FOUND_DOMAIN, "There is no such domain.", status=404)
    return DOMAINS[domain_id]
