"""The domains that scripts look up by name or know by id."""

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from tests.compat.clients import Wire, code_of, refusal
from tests.ids import NOBODY

#: Of classification, as the service has listed them.
CLASSIFICATION = {
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


def test_every_domain_of_classification_has_its_id(training: CustomVisionTrainingClient) -> None:
    domains = [each for each in training.get_domains() if each.type == "Classification"]
    assert {each.id: each.name for each in domains} == CLASSIFICATION
    assert len(domains) == len(CLASSIFICATION)
    assert all(each.enabled for each in domains)


def test_scripts_find_a_domain_by_its_name(training: CustomVisionTrainingClient) -> None:
    # As Microsoft's own samples do.
    found = next(
        domain
        for domain in training.get_domains()
        if domain.type == "Classification" and domain.name == "Food"
    )
    assert found.id == "c151d5b5-dd07-472a-acc8-15d29dea8518"


def test_compact_domains_are_exportable_to_onnx(training: CustomVisionTrainingClient) -> None:
    compact = [
        each
        for each in training.get_domains()
        if "compact" in each.name and each.type == "Classification"
    ]
    assert all(each.exportable for each in compact)
    assert all("ONNX" in each.exportable_platforms for each in compact)


@pytest.mark.parametrize("domain_id", CLASSIFICATION)
def test_a_domain_is_what_the_list_says(
    training: CustomVisionTrainingClient, domain_id: str
) -> None:
    listed = next(each for each in training.get_domains() if each.id == domain_id)
    assert training.get_domain(domain_id).as_dict() == listed.as_dict()


def test_unknown_domains_are_not_found(training: CustomVisionTrainingClient, wire: Wire) -> None:
    assert refusal(training.get_domain, NOBODY) == (404, "NotFoundDomain")
    status, code = code_of(wire.train("GET", "/domains/food"))
    assert status in (400, 404)
    assert code.startswith(("BadRequest", "NotFound"))
