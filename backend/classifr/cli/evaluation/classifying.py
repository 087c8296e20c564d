"""Labelled images, classified by an iteration through the API, a few at a time."""

import asyncio
from collections.abc import Callable, Sequence

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.failures import ApiError
from classifr.cli.datasets.labelled import LabelledImage
from classifr.cli.datasets.uploading import Refused
from classifr.cli.evaluation.scoring import Answered
from classifr.cli.progress import bar
from classifr.concurrency import for_each


async def answers_of(
    client: ApiClient,
    project: Json,
    iteration: Json,
    images: Sequence[LabelledImage],
    refuse: Callable[[Refused], None],
) -> list[Answered]:
    """Every tag's probability for each image that can be classified, in their order.

    refuse: hears of the others.
    """
    trial = await client.trial(project, iteration)
    answers: dict[int, Answered] = {}

    async def classify(row: int) -> None:
        image = images[row]
        try:
            data = await asyncio.to_thread(image.path.read_bytes)
            answer = await trial(data)
        except OSError as error:
            refuse(Refused(image.path, "unreadable", error.strerror or str(error)))
        except ApiError as error:
            # What is wrong with one image says nothing about the others.
            if error.status not in (413, 415, 422):
                raise
            refuse(Refused(image.path, error.code, str(error)))
        else:
            probabilities = {one["tag"]: one["probability"] for one in answer["predictions"]}
            answers[row] = Answered(image, probabilities)
        classifying.advance()

    with bar(f"Classifying with {iteration['name']}", len(images)) as classifying:
        await for_each(range(len(images)), classify, at_once=client.at_once)
    return [answers[row] for row in sorted(answers)]
