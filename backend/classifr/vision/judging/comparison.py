"""A comparison of two models, as the port shows it."""

from uuid import UUID

from classifr.engine.measures import comparison
from classifr.engine.measures.comparison_sentence import comparison_sentence
from classifr.vision.reports import Comparison, OverallComparison, Reference, TagComparison
from classifr.vision.values import IterationValue


def comparison_value(
    compared: comparison.Comparison, iteration: IterationValue, reference: IterationValue
) -> Comparison:
    """As the port shows it. The tags were compared by their names."""
    ids = {tag.name: tag.id for tag in iteration.tags}
    images = compared.images
    return Comparison(
        sentence=comparison_sentence(compared),
        verdict=str(compared.verdict),
        reference=Reference(reference.id, reference.name),
        image_count=images,
        overall=OverallComparison(
            before=compared.reference_right / images if images else None,
            after=compared.candidate_right / images if images else None,
            difference=compared.difference,
            low=compared.low,
            high=compared.high,
        ),
        per_tag=[_tag_value(tag, ids[tag.tag]) for tag in compared.per_tag],
        new_tags=list(compared.new_tags),
        lost_tags=list(compared.lost_tags),
    )


def _tag_value(tag: comparison.TagComparison, tag_id: UUID) -> TagComparison:
    return TagComparison(
        id=tag_id,
        name=tag.tag,
        images=tag.images,
        before=tag.reference_recall,
        after=tag.candidate_recall,
        difference=tag.difference,
        gained=tag.gained,
        lost=tag.lost,
    )
